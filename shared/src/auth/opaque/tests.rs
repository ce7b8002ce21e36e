//! Tests of the OPAQUE exchange through both wrappers.

use super::*;
use crate::crypto::safe::low::random::seeded;
use crate::wire::ids::ServerId;

const SERVER: ServerId = ServerId([7; 16]);

fn register(server: &OpaqueServer, username: &str, password: &str) -> (Vec<u8>, Registered) {
    let random = seeded(40);
    let (state, request) = register_start(password, &random).unwrap();
    let response = server.register_start(username, &request).unwrap();
    let identity = OpaqueIdentity { username, server: SERVER };
    let registered = register_finish(state, password, &response, &identity, FLOOR, &random).unwrap();
    (OpaqueServer::register_finish(&registered.upload).unwrap(), registered)
}

fn login(
    server: &OpaqueServer,
    record: Option<&[u8]>,
    identity: &OpaqueIdentity<'_>,
    password: &str,
    cost: KsfCost,
) -> Result<PublicKey, OpaqueError> {
    let random = seeded(41);
    let (state, request) = login_start(password, &random)?;
    let (held, response) = server.login_start(identity.username, record, &request, &random)?;
    let held = ServerLoginState::from_secret_bytes(held.to_secret_bytes());
    let logged_in = login_finish(state, password, &response, identity, cost, &random)?;
    let mut tampered = logged_in.finalization.clone();
    tampered[0] ^= 1;
    assert_eq!(server.login_finish(&held, identity.username, &tampered), Err(OpaqueError::Refused));
    assert_eq!(server.login_finish(&held, identity.username, b""), Err(OpaqueError::Refused));
    server.login_finish(&held, identity.username, &logged_in.finalization)?;
    Ok(logged_in.server_key)
}

use crate::wire::ids::PublicKey;

#[test]
fn the_right_password_signs_in_and_nothing_else_does() {
    let server = OpaqueServer::make(SERVER, &seeded(42)).unwrap();
    let server = OpaqueServer::from_secret_bytes(SERVER, &server.to_secret_bytes()).unwrap();
    let (record, registered) = register(&server, "ada", "correct horse");
    assert_eq!(Some(registered.server_key), server.public_key());
    let ada = OpaqueIdentity { username: "ada", server: SERVER };
    assert_eq!(login(&server, Some(&record), &ada, "correct horse", FLOOR), Ok(registered.server_key));
    let refused = Err(OpaqueError::Refused);
    assert_eq!(login(&server, Some(&record), &ada, "correct house", FLOOR), refused);
    assert_eq!(login(&server, None, &ada, "correct horse", FLOOR), refused, "unknown user");
    let eve = OpaqueIdentity { username: "eve", server: SERVER };
    assert_eq!(login(&server, Some(&record), &eve, "correct horse", FLOOR), refused, "another's record");
    let elsewhere = OpaqueIdentity { username: "ada", server: ServerId([8; 16]) };
    assert_eq!(login(&server, Some(&record), &elsewhere, "correct horse", FLOOR), refused, "another server");
    assert_eq!(login(&server, Some(&record), &ada, "correct horse", STANDARD), refused, "another cost");
    let other = OpaqueServer::make(SERVER, &seeded(43)).unwrap();
    assert_eq!(login(&other, Some(&record), &ada, "correct horse", FLOOR), refused, "another server key");
}

#[test]
fn unknown_users_get_answers_of_the_same_shape() {
    let server = OpaqueServer::make(SERVER, &seeded(42)).unwrap();
    let (record, _) = register(&server, "ada", "correct horse");
    let random = seeded(44);
    let (_, request) = login_start("guess", &random).unwrap();
    let (_, known) = server.login_start("ada", Some(&record), &request, &random).unwrap();
    let (_, unknown) = server.login_start("eve", None, &request, &random).unwrap();
    assert_eq!(known.len(), unknown.len());
    // The evaluated element does not depend on the record: the same name always gets the same.
    let (_, again) = server.login_start("eve", None, &request, &random).unwrap();
    assert_eq!(unknown.get(..32), again.get(..32));
    assert_eq!(server.made_up_account("eve"), server.made_up_account("eve"));
    assert_ne!(server.made_up_account("eve"), server.made_up_account("eva"));
    assert_eq!(uuid::Uuid::from(server.made_up_account("eve")).get_version_num(), 4);
}

#[test]
fn malformed_messages_are_refused() {
    let server = OpaqueServer::make(SERVER, &seeded(42)).unwrap();
    for length in [0, 1, 31, 32, 95, 96, 97, 1000] {
        let junk = vec![0xff; length];
        assert!(server.register_start("ada", &junk).is_err());
        assert!(OpaqueServer::register_finish(&junk).is_err());
        assert!(server.login_start("ada", None, &junk, &seeded(1)).is_err());
        assert!(OpaqueServer::from_secret_bytes(SERVER, &junk).is_err());
    }
}

#[test]
fn costs_have_a_floor_and_a_ceiling() {
    let (memory, passes, lanes) = FLOOR.parts();
    assert!(KsfCost::new(memory, passes, lanes).is_ok());
    assert_eq!(KsfCost::new(memory - 1, passes, lanes), Err(CostError));
    assert_eq!(KsfCost::new(memory, passes - 1, lanes), Err(CostError));
    let (memory, passes, lanes) = CEILING.parts();
    assert!(KsfCost::new(memory, passes, lanes).is_ok());
    assert_eq!(KsfCost::new(memory + 1, passes, lanes), Err(CostError));
    assert_eq!(KsfCost::new(memory, passes + 1, lanes), Err(CostError));
    assert_eq!(KsfCost::new(memory, passes, lanes + 1), Err(CostError));
}
