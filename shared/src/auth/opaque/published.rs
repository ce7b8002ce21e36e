//! RFC 9807, appendix C (ristretto255), through the very steps that both wrappers call. The RFC's vectors leave the
//! password unstretched, bind another context and script every random byte; nothing else differs from our suite.

use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::ksf::Ksf;
use opaque_ke::rand::{CryptoRng, Error, RngCore};
use opaque_ke::{Identifiers, ServerSetup};
use serde_json::Value;

use super::exchange::{self, Terms};
use super::{OpaqueError, SuiteOf};

/// The key stretching of the RFC's vectors: none.
#[derive(Default)]
struct Unstretched;

impl Ksf for Unstretched {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        Ok(input)
    }
}

/// Hands out prepared bytes and nothing else; every one of them must be drawn.
struct Script(Vec<u8>);

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        panic!("not in the script")
    }
    fn next_u64(&mut self) -> u64 {
        panic!("not in the script")
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&std::mem::replace(&mut self.0, rest));
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Script {}

impl Drop for Script {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.0.is_empty(), "{} bytes were not drawn", self.0.len());
    }
}

struct Vector(Value);

impl Vector {
    fn bytes(&self, part: &str, name: &str) -> Vec<u8> {
        let text = self.0[part][name].as_str().unwrap_or_else(|| panic!("{part} {name}"));
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }
    fn input(&self, name: &str) -> Vec<u8> {
        self.bytes("inputs", name)
    }
    fn output(&self, name: &str) -> Vec<u8> {
        self.bytes("outputs", name)
    }
    fn script(&self, names: &[&str]) -> Script {
        Script(names.iter().flat_map(|name| self.input(name)).collect())
    }
    /// A blinding factor as the group draws it: 64 bytes, reduced.
    fn blind(&self, name: &str, then: &[&str]) -> Script {
        let mut script = [self.input(name), vec![0; 32]].concat();
        script.extend(self.script(then).0.split_off(0));
        Script(script)
    }
    fn setup(&self) -> ServerSetup<SuiteOf<Unstretched>> {
        // OPRF seed, private key, and the public key that unknown users seem to have.
        let made_up = if self.0["fake"] == true { "client_public_key" } else { "server_public_key" };
        let bytes = [self.input("oprf_seed"), self.input("server_private_key"), self.input(made_up)].concat();
        ServerSetup::deserialize(&bytes).unwrap()
    }
    fn with_terms<T>(&self, run: impl FnOnce(Terms<'_>) -> T) -> T {
        let text = self.0["context"].as_str().unwrap();
        let context = Vector(serde_json::json!({ "x": { "y": text } })).bytes("x", "y");
        let name = |name: &str| self.0["inputs"][name].is_string().then(|| self.input(name));
        let (client, server) = (name("client_identity"), name("server_identity"));
        let identifiers = Identifiers { client: client.as_deref(), server: server.as_deref() };
        run(Terms { context: &context, identifiers })
    }
}

fn vectors() -> Vec<Vector> {
    let all: Value = serde_json::from_str(include_str!("../../../tests/published/rfc9807.json")).unwrap();
    all["vectors"].as_array().unwrap().iter().cloned().map(Vector).collect()
}

/// Registers as the vector says; returns the record.
fn register(v: &Vector) -> Vec<u8> {
    let (setup, password) = (v.setup(), v.input("password"));
    let (state, request) =
        exchange::registration_request(&mut v.blind("blind_registration", &[]), &password).unwrap();
    assert_eq!(request, v.output("registration_request"));
    let response =
        exchange::registration_response(&setup, &request, &v.input("credential_identifier")).unwrap();
    assert_eq!(response, v.output("registration_response"));
    let mut rng = v.script(&["envelope_nonce"]);
    let ended = v.with_terms(|terms| {
        exchange::registration_upload(&mut rng, state, &password, &response, terms.identifiers, &Unstretched)
    });
    let ended = ended.unwrap();
    assert_eq!(ended.message, v.output("registration_upload"));
    assert_eq!(ended.server_key, v.input("server_public_key"));
    exchange::record::<Unstretched>(&ended.message).unwrap()
}

/// Signs in as the vector says, with a password.
fn sign_in(v: &Vector, record: &[u8], password: &[u8]) -> Result<(), OpaqueError> {
    let mut rng = v.blind("blind_login", &["client_keyshare_seed", "client_nonce"]);
    let (state, request) = exchange::login_request(&mut rng, password).unwrap();
    // A masking key for unknown users is drawn in every case, so that time does not tell.
    let mut rng = Script(vec![0; 64]);
    rng.0.extend(v.script(&["masking_nonce", "server_keyshare_seed", "server_nonce"]).0.split_off(0));
    let (held, response) = v.with_terms(|terms| {
        let credential = v.input("credential_identifier");
        exchange::login_response(&mut rng, &v.setup(), Some(record), &request, &credential, terms).unwrap()
    });
    let ended = v.with_terms(|terms| {
        exchange::login_finalization(&mut Script(vec![]), state, password, &response, terms, &Unstretched)
    })?;
    assert_eq!(request, v.output("KE1"));
    assert_eq!(response, v.output("KE2"));
    assert_eq!(ended.message, v.output("KE3"));
    assert_eq!(*ended.session_key, v.output("session_key"));
    let shared = v.with_terms(|terms| exchange::login_check::<Unstretched>(&held, &ended.message, terms))?;
    assert_eq!(*shared, v.output("session_key"));
    Ok(())
}

#[test]
fn rfc_9807() {
    let (mut real, mut fake) = (0, 0);
    for v in vectors() {
        if v.0["fake"] == true {
            let mut rng = v.script(&["masking_key", "masking_nonce", "server_keyshare_seed", "server_nonce"]);
            let (_, response) = v.with_terms(|terms| {
                let (request, credential) = (v.input("KE1"), v.input("credential_identifier"));
                exchange::login_response(&mut rng, &v.setup(), None, &request, &credential, terms).unwrap()
            });
            assert_eq!(response, v.output("KE2"), "{}", v.0["name"]);
            fake += 1;
        } else {
            let record = register(&v);
            assert_eq!(sign_in(&v, &record, &v.input("password")), Ok(()), "{}", v.0["name"]);
            assert_eq!(sign_in(&v, &record, b"another"), Err(OpaqueError::Refused), "{}", v.0["name"]);
            real += 1;
        }
    }
    assert_eq!((real, fake), (2, 1));
    println!(
        "RFC 9807: {real} exchanges, {fake} answer to an unknown user; skipped: other groups than ristretto255"
    );
}

#[test]
fn a_changed_vector_fails() {
    for part in ["KE2", "registration_upload"] {
        let mut v = vectors().remove(0);
        let text = v.0["outputs"][part].as_str().unwrap().replacen('7', "8", 1);
        v.0["outputs"][part] = text.into();
        let failed = std::panic::catch_unwind(|| {
            let record = register(&v);
            sign_in(&v, &record, &v.input("password"))
        });
        assert!(failed.is_err(), "{part}");
    }
}
