//! The second factor of sign-ins, over the wire. What a workspace that demands one shows is told in the client's stories.

use groundplan_shared::auth::totp::{STEP_S, TotpSecret};
use groundplan_shared::crypto::safe::DeviceKeys;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

use super::{
    Fixture,
    client::{Client, sign_in_with},
};

const PATH: &str = "/v1/account/second-factor";

#[tokio::test]
async fn a_password_alone_is_not_enough_any_more() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let (client, older) = (Client::new(at, "ada").await, Client::another(at, "ada").await);
    let (_, begun) = client.call("POST", PATH, None).await;
    let secret = TotpSecret::from_text(begun["secret"].as_str().unwrap()).unwrap();
    let first = fixture.server.app().clock.now_s() / STEP_S - 1;
    let confirm = format!("{PATH}/confirm");
    let code = |step: u64| json!({ "code": secret.code(step) });
    let (status, refused) = client.call("POST", &confirm, Some(&json!({ "code": "12345" }))).await;
    assert_eq!((status, refused["code"].as_str()), (401, Some("second_factor_wrong")));
    assert_eq!(client.call("POST", &confirm, Some(&code(first))).await.0, 204);
    assert_eq!(client.call("GET", PATH, None).await.1, json!({ "enabled": true, "proven": true }));
    assert_eq!(older.call("GET", PATH, None).await.1, json!({ "enabled": true, "proven": false }));
    assert_eq!(client.call("POST", PATH, None).await.0, 409, "one at a time");

    let keys = DeviceKeys::make(&SystemRandom::new()).unwrap();
    let sign_in = async |password: &str, more: &[(&str, &str)]| {
        let (status, answer, _) = sign_in_with(at, "ada", password, &keys, more).await;
        (status, answer["code"].as_str().map(str::to_owned))
    };
    let said = |status: u16, code: &str| (status, Some(code.to_owned()));
    let password = "correct horse";
    // Whoever does not know the password learns nothing of a second factor.
    assert_eq!(sign_in("wrong", &[]).await, said(401, "login_failed"));
    assert_eq!(sign_in(password, &[]).await, said(403, "second_factor_required"));
    let used = secret.code(first);
    assert_eq!(sign_in(password, &[("code", &used)]).await, said(401, "second_factor_wrong"));
    let next = secret.code(first + 1);
    assert_eq!(sign_in(password, &[("code", &next)]).await.0, 200);
    assert_eq!(sign_in(password, &[("code", &next)]).await, said(401, "second_factor_wrong"));

    // A session that brought a code speaks for other keys of the same account, one that did not, or a stranger's, does not.
    let stranger = Client::new(at, "eve").await;
    for (token, expected) in [
        (&client.tokens.access_token, 200),
        (&older.tokens.access_token, 403),
        (&stranger.tokens.access_token, 403),
    ] {
        assert_eq!(sign_in(password, &[("vouched", token)]).await.0, expected);
    }

    // Guessing is slow.
    let mut last = Value::Null;
    for _ in 0..5 {
        last = client.call("POST", &format!("{PATH}/remove"), Some(&json!({ "code": "000000" }))).await.1;
    }
    assert_eq!(last["code"], "rate_limited", "{last}");

    // A lost authenticator is the operator's to take away.
    let config = crate::testing::config(fixture.folder.path());
    crate::cli::reset_second_factor(&config, "ada").await.unwrap();
    assert!(crate::cli::reset_second_factor(&config, "nobody").await.is_err());
    assert_eq!(sign_in(password, &[]).await.0, 200);
    assert_eq!(client.call("GET", PATH, None).await.1, json!({ "enabled": false, "proven": false }));
}
