//! What compaction leaves and what devices sign before it: stubs and acknowledgements.

use std::sync::OnceLock;

use groundplan_shared::envelope::snapshot::{Stub, parse_ack, verify_ack};
use groundplan_shared::envelope::{Outer, Standing};
use groundplan_shared::wire::cbor::{Blob, decode_canonical, encode};
use groundplan_shared::wire::limits::ACK_BYTES;
use minicbor::{Decode, Encode};

use crate::envelope::snapshot;
use crate::world::world;

/// What is signed under an acknowledgement, with its signature.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Signed {
    #[n(0)]
    payload: Blob,
    #[n(1)]
    signature: Blob,
}

/// Decodes the bytes as a stub and as an acknowledgement, which is held against a snapshot; and as what is inside of
/// one, so that what lies behind the outer encoding is reached.
pub fn compaction(data: &[u8]) {
    if let Some(stub) = Stub::parse(data) {
        assert_eq!(stub.encode(), data, "one encoding");
        if let Some(ack) = &stub.ack {
            judge(ack);
        }
    }
    judge(data);
    let wrapped = encode(&Signed { payload: Blob(data.to_vec()), signature: Blob(vec![7; 64]) });
    judge(&wrapped);
}

fn judge(data: &[u8]) {
    let parsed = parse_ack(data);
    for standing in [Standing::Offered, Standing::Stored] {
        if let Ok(ack) = verify_ack(data, kept(), &world().state, standing) {
            assert_eq!(parsed.as_ref().ok(), Some(&ack), "only what parses is verified");
        }
    }
    if parsed.is_ok() {
        let signed: Signed = decode_canonical(data, ACK_BYTES).expect("it was decoded before");
        assert_eq!(encode(&signed), data, "one encoding");
    }
}

fn kept() -> &'static Outer {
    static SNAPSHOT: OnceLock<Outer> = OnceLock::new();
    SNAPSHOT.get_or_init(snapshot)
}
