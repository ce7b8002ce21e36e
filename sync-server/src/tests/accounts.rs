//! Registration, sign-in, tokens.

use groundplan_shared::crypto::safe::DeviceKeys;
use ring::rand::SystemRandom;
use serde_json::json;

use super::{
    Fixture,
    client::{Client, Socket, register, request, sign_in},
};
use crate::config::RegistrationMode;

fn keys() -> DeviceKeys {
    DeviceKeys::make(&SystemRandom::new()).unwrap()
}

#[tokio::test]
async fn registers_signs_in_and_uses_the_session() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let (status, devices) = client.call("GET", "/v1/account/devices", None).await;
    assert_eq!((status, devices[0]["current"].as_bool()), (200, Some(true)));
    assert_eq!(register(fixture.server.addr, "ada", "other", None).await.0, 409);
    for bad in ["", " ada", "Ada", "a\u{7}"] {
        assert_eq!(register(fixture.server.addr, bad, "x", None).await.0, 422, "{bad:?}");
    }
    let (status, jwks) = request(fixture.server.addr, "GET", "/.well-known/jwks.json", None, None).await;
    assert_eq!((status, jwks["keys"][0]["alg"].as_str()), (200, Some("EdDSA")));
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_look_alike() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    Client::new(at, "ada").await;
    let (status, mut wrong, _) = sign_in(at, "ada", "wrong", &keys()).await;
    let (unknown_status, mut unknown, _) = sign_in(at, "bob", "wrong", &keys()).await;
    for body in [&mut wrong, &mut unknown] {
        body["request_id"] = json!("");
    }
    assert_eq!((status, wrong["code"].as_str()), (401, Some("login_failed")));
    assert_eq!((unknown_status, unknown), (status, wrong));
    // The made-up account is stable, and of the same form as a real one.
    let start = async |name: &str| {
        let (_, message) = groundplan_shared::auth::opaque::login_start("x", &SystemRandom::new()).unwrap();
        let body = json!({"username": name, "request": groundplan_shared::wire::cbor::Blob(message)});
        request(at, "POST", "/v1/account/login/start", None, Some(&body)).await.1
    };
    let (first, second, real) = (start("bob").await, start("bob").await, start("ada").await);
    assert_eq!(first["account"], second["account"]);
    let lengths = |answer: &serde_json::Value| {
        ["login", "response", "nonce", "account"].map(|field| answer[field].as_str().unwrap().len())
    };
    assert_eq!(lengths(&first), lengths(&real));
    let version = |answer: &serde_json::Value| answer["account"].as_str().unwrap().chars().nth(14);
    assert_eq!(version(&first), version(&real));
}

#[tokio::test]
async fn tickets_and_proofs_are_checked() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    Client::new(at, "ada").await;
    let (status, _, body) = sign_in(at, "ada", "correct horse", &keys()).await;
    assert_eq!(status, 200);
    let (status, answer) = request(at, "POST", "/v1/account/login/finish", None, Some(&body)).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("login_failed")), "a ticket works once");
    // Somebody else's keys in the place of the device's own.
    let (state, message) =
        groundplan_shared::auth::opaque::login_start("correct horse", &SystemRandom::new()).unwrap();
    let start = json!({"username": "ada", "request": groundplan_shared::wire::cbor::Blob(message)});
    let (_, answer) = request(at, "POST", "/v1/account/login/start", None, Some(&start)).await;
    let started: groundplan_shared::wire::rest::LoginStartResponse = serde_json::from_value(answer).unwrap();
    let identity =
        groundplan_shared::auth::opaque::OpaqueIdentity { username: "ada", server: started.server };
    let cost = groundplan_shared::auth::opaque::FLOOR;
    let rng = SystemRandom::new();
    let done = groundplan_shared::auth::opaque::login_finish(
        state,
        "correct horse",
        &started.response,
        &identity,
        cost,
        &rng,
    )
    .unwrap();
    let (own, other) = (keys(), keys());
    let proof = own.sign(&groundplan_shared::wire::payload::device_registration(
        &started.server,
        &started.nonce,
        &started.account,
        &own.id(),
    ));
    let public = other.public();
    let finish = json!({"login": started.login,
        "finalization": groundplan_shared::wire::cbor::Blob(done.finalization),
        "device": {"signing_key": public.signing, "hpke_key": public.hpke, "proof": proof}});
    let (status, answer) = request(at, "POST", "/v1/account/login/finish", None, Some(&finish)).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("challenge_failed")));
}

#[tokio::test]
async fn refresh_survives_a_lost_answer_and_ends_at_reuse() {
    let fixture = Fixture::plain().await;
    let mut client = Client::new(fixture.server.addr, "ada").await;
    let first = client.tokens.refresh_token.clone();
    let (status, second) = client.refresh(&first).await;
    assert_eq!(status, 200, "{second}");
    let (status, again) = client.refresh(&first).await;
    assert_eq!(status, 200, "{again}");
    assert_eq!(again["refresh_token"], second["refresh_token"], "the same successor, not a third token");
    // A thief without the device's key gets nothing and ends nothing.
    let thief = Client::new(fixture.server.addr, "eve").await;
    let (status, answer) = thief.refresh(second["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("unauthenticated")));
    let (status, third) = client.refresh(second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{third}");
    client.tokens = serde_json::from_value(third).unwrap();
    assert_eq!(client.call("GET", "/v1/workspaces", None).await.0, 200);
    let (status, answer) = client.refresh(&first).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("refresh_reused")));
    assert_eq!(client.call("GET", "/v1/workspaces", None).await.0, 401, "the session is over at once");
    assert_eq!(client.refresh(&client.tokens.refresh_token).await.0, 401);
}

#[tokio::test]
async fn logout_and_revocation_end_sessions_and_sockets() {
    let fixture = Fixture::plain().await;
    let first = Client::new(fixture.server.addr, "ada").await;
    let second = Client::another(fixture.server.addr, "ada").await;
    let (mut one, mut two) = (Socket::signed_in(&first).await, Socket::signed_in(&second).await);
    let device = format!("/v1/account/devices/{}", second.keys.id());
    assert_eq!(first.call("DELETE", &device, None).await.0, 204);
    assert_eq!(two.problem().await, ("unauthenticated".to_owned(), true));
    assert_eq!(two.closed().await, Some(4001));
    assert_eq!(second.call("GET", "/v1/workspaces", None).await.0, 401);
    let (status, answer, _) = sign_in(first.at, "ada", "correct horse", &second.keys).await;
    assert_eq!((status, answer["code"].as_str()), (403, Some("device_revoked")));
    assert_eq!(first.call("POST", "/v1/account/logout", Some(&json!({"everywhere": false}))).await.0, 204);
    assert_eq!(one.problem().await, ("unauthenticated".to_owned(), true));
    assert_eq!(first.refresh(&first.tokens.refresh_token).await.0, 401);
}

#[tokio::test]
async fn registration_follows_its_mode_and_invitations_work_once() {
    let fixture = Fixture::start(|config| config.registration = RegistrationMode::Closed).await;
    let at = fixture.server.addr;
    assert_eq!(register(at, "ada", "x", None).await.1["code"], "registration_closed");
    assert_eq!(register(at, "ada", "x", Some("made up")).await.1["code"], "invite_invalid");
    // The operator's token, made beside the running server as the command line does.
    let config = crate::testing::config(fixture.folder.path());
    let token = crate::cli::admin_token(&config).await.unwrap();
    assert_eq!(register(at, "root", "correct horse", Some(&token)).await.0, 200);
    assert_eq!(register(at, "other", "x", Some(&token)).await.1["code"], "invite_invalid");
    let admin = Client::another(at, "root").await;
    let (status, made) = admin.call("POST", "/v1/admin/invitations", Some(&json!({"valid_hours": 1}))).await;
    assert_eq!(status, 200, "{made}");
    let invitation = made["invitation"].as_str().unwrap();
    assert_eq!(
        register(at, "bob", "x", Some(invitation)).await.1["code"],
        "invite_invalid",
        "closed is closed"
    );

    let fixture = Fixture::start(|config| config.registration = RegistrationMode::Invitation).await;
    let at = fixture.server.addr;
    assert_eq!(register(at, "ada", "x", None).await.1["code"], "registration_closed");
    let token = crate::cli::admin_token(&crate::testing::config(fixture.folder.path())).await.unwrap();
    assert_eq!(register(at, "root", "correct horse", Some(&token)).await.0, 200);
    let admin = Client::another(at, "root").await;
    let (_, made) = admin.call("POST", "/v1/admin/invitations", Some(&json!({"valid_hours": 1}))).await;
    let invitation = made["invitation"].as_str().unwrap();
    assert_eq!(register(at, "bob", "correct horse", Some(invitation)).await.0, 200);
    let bob = Client::another(at, "bob").await;
    let (status, _) = bob.call("POST", "/v1/admin/invitations", Some(&json!({"valid_hours": 1}))).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn attempts_are_limited() {
    let fixture = Fixture::start(|config| config.limits.sign_ins_per_minute = 3).await;
    let at = fixture.server.addr;
    let body = json!({"username": "ada", "request": "AAAA"});
    let mut seen = Vec::new();
    for _ in 0..5 {
        let (status, answer) = request(at, "POST", "/v1/account/login/start", None, Some(&body)).await;
        seen.push((status, answer["retry_after_ms"].as_u64().is_some()));
    }
    assert_eq!(seen, [(400, false), (400, false), (400, false), (429, true), (429, true)]);
    assert_eq!(request(at, "GET", "/v1/server", None, None).await.0, 200);
}
