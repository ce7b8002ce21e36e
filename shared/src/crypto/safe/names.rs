//! Names of members, devices and roles, sealed under the compartment `public` (or the invite's hand-over key), so
//! that the server cannot read them. Padded to multiples of 32 bytes.

use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::secret::Secret;
use crate::crypto::safe::compartment::CompartmentKey;
use crate::membership::body::SealedName;
use crate::wire::cbor::Blob;
use crate::wire::ids::WorkspaceId;

/// Longest name, in bytes of UTF-8.
pub const NAME_BYTES: usize = 200;
/// Longest sealed name.
pub const SEALED_NAME_BYTES: usize = 224 + sealed::OVERHEAD_BYTES;

/// What a name is the name of; bound into the sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOf {
    /// A member, by id.
    Member([u8; 16]),
    /// A device, by id.
    Device([u8; 16]),
    /// A custom role, by id.
    Role([u8; 16]),
}

fn context(workspace: &WorkspaceId, of: NameOf, epoch: u32) -> Vec<u8> {
    let (kind, id) = match of {
        NameOf::Member(id) => (0u8, id),
        NameOf::Device(id) => (1, id),
        NameOf::Role(id) => (2, id),
    };
    [b"groundplan/name/v1\0".as_slice(), &workspace.0, &[kind], &id, &epoch.to_be_bytes()].concat()
}

/// Why a name could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty or too long.
    #[error("a name must have 1 to {NAME_BYTES} bytes; choose another")]
    Length,
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

fn seal_with(
    key: &Secret<32>,
    workspace: &WorkspaceId,
    of: NameOf,
    epoch: u32,
    name: &str,
    random: &dyn Random,
) -> Result<SealedName, NameError> {
    let length = u8::try_from(name.len()).map_err(|_| NameError::Length)?;
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err(NameError::Length);
    }
    let mut padded = vec![length];
    padded.extend_from_slice(name.as_bytes());
    padded.resize(padded.len().next_multiple_of(32), 0);
    let sealed = sealed::seal(key, &context(workspace, of, epoch), &padded, random)?;
    Ok(SealedName { epoch, sealed: Blob(sealed) })
}

fn open_with(key: &Secret<32>, workspace: &WorkspaceId, of: NameOf, name: &SealedName) -> Option<String> {
    let padded = sealed::open(key, &context(workspace, of, name.epoch), &name.sealed)?;
    let (&length, rest) = padded.split_first()?;
    let (text, zeros) = rest.split_at_checked(usize::from(length))?;
    if zeros.iter().any(|b| *b != 0) {
        return None;
    }
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// Seals a name under the compartment `public` of an epoch.
///
/// # Errors
/// [`NameError`].
pub fn seal_name(
    public: &CompartmentKey,
    epoch: u32,
    workspace: &WorkspaceId,
    of: NameOf,
    name: &str,
    random: &dyn Random,
) -> Result<SealedName, NameError> {
    seal_with(&public.derive(b"names"), workspace, of, epoch, name, random)
}

/// Opens a name with the compartment key of the name's epoch; `None` if it is not authentic.
pub fn open_name(
    public: &CompartmentKey,
    workspace: &WorkspaceId,
    of: NameOf,
    name: &SealedName,
) -> Option<String> {
    open_with(&public.derive(b"names"), workspace, of, name)
}

/// Seals a newcomer's name with the invite's hand-over key.
pub(crate) fn seal_handover_name(
    key: &Secret<32>,
    workspace: &WorkspaceId,
    of: NameOf,
    name: &str,
    random: &dyn Random,
) -> Result<SealedName, NameError> {
    seal_with(key, workspace, of, 0, name, random)
}

/// Opens a newcomer's name with the invite's hand-over key.
pub(crate) fn open_handover_name(
    key: &Secret<32>,
    workspace: &WorkspaceId,
    of: NameOf,
    name: &SealedName,
) -> Option<String> {
    if name.epoch == 0 { open_with(key, workspace, of, name) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn a_name_opens_only_for_what_it_names() {
        let random = seeded(16);
        let key = CompartmentKey::make(&random).unwrap();
        let (w, of) = (WorkspaceId([1; 16]), NameOf::Member([5; 16]));
        let sealed = seal_name(&key, 1, &w, of, "Zoë", &random).unwrap();
        assert_eq!(open_name(&key, &w, of, &sealed).as_deref(), Some("Zoë"));
        assert_eq!(open_name(&key, &w, NameOf::Device([5; 16]), &sealed), None);
        assert_eq!(open_name(&key, &WorkspaceId([2; 16]), of, &sealed), None);
        assert_eq!(open_name(&key, &w, of, &SealedName { epoch: 2, ..sealed }), None);
        assert_eq!(seal_name(&key, 1, &w, of, "", &random), Err(NameError::Length));
        let longest = "x".repeat(NAME_BYTES);
        let sealed = seal_name(&key, 1, &w, of, &longest, &random).unwrap();
        assert!(sealed.sealed.len() <= SEALED_NAME_BYTES);
        assert_eq!(open_name(&key, &w, of, &sealed), Some(longest));
        assert!(seal_name(&key, 1, &w, of, &"x".repeat(NAME_BYTES + 1), &random).is_err());
    }
}
