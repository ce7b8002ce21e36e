//! New identifiers for what the interface adds inside a document (links, endpoints): UUIDs of version 7.

use uuid::Uuid;

use crate::text::now_ms;

/// Makes a UUID of the present moment and the browser's random numbers. None where the browser has none.
pub fn new_uuid() -> Option<Uuid> {
    let mut random = [0_u8; 10];
    leptos::prelude::window().crypto().ok()?.get_random_values_with_u8_array(&mut random).ok()?;
    Some(uuid_of(now_ms(), random))
}

fn uuid_of(moment_ms: u64, random: [u8; 10]) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&moment_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_seven_and_carry_the_moment() {
        let id = uuid_of(0x0123_4567_89ab, [0xff; 10]);
        assert_eq!(id.to_string(), "01234567-89ab-7fff-bfff-ffffffffffff");
    }
}
