//! The JSON form of REST bodies: fixed text, unknown fields refused, secrets out of Debug.

use super::*;
use crate::wire::ids::{AccountId, DeviceId, Signature};
use crate::wire::problem::{Problem, ProblemCode};

#[test]
fn bytes_are_base64url_and_ids_are_text() {
    let params = MailboxPutParams { side: MailboxSide::New, sequence: 2, sealed: vec![0xff, 0xfe].into() };
    let json = serde_json::to_string(&params).unwrap();
    assert_eq!(json, r#"{"side":"new","sequence":2,"sealed":"__4"}"#);
    assert_eq!(serde_json::from_str::<MailboxPutParams>(&json).unwrap(), params);
    let account = serde_json::to_string(&RegisterFinishResponse { account: AccountId([0xab; 16]) }).unwrap();
    assert_eq!(account, r#"{"account":"abababab-abab-abab-abab-abababababab"}"#);
}

#[test]
fn unknown_fields_and_wrong_bytes_are_refused() {
    let refused = |json: &str| assert!(serde_json::from_str::<LogAppendParams>(json).is_err(), "{json}");
    assert!(serde_json::from_str::<LogAppendParams>(r#"{"entry":"AAAA"}"#).is_ok());
    refused(r#"{"entry":"AAAA","owner":true}"#);
    refused(r#"{"entry":"AA=="}"#);
    refused(r#"{"entry":"A+/A"}"#);
    refused(r#"{"entry":1}"#);
    assert!(serde_json::from_str::<DeviceId>(r#""abab""#).is_err());
    assert!(serde_json::from_str::<DeviceId>(&format!(r#""{}""#, "zz".repeat(16))).is_err());
}

#[test]
fn tokens_are_not_in_debug() {
    let pair =
        TokenPair { access_token: "secret-a".into(), access_expires_ms: 1, refresh_token: "secret-r".into() };
    let refresh = TokenRefreshParams {
        device: DeviceId([1; 16]),
        refresh_token: "secret-r".into(),
        proof: Signature([2; 64]),
    };
    assert!(!format!("{pair:?}{refresh:?}").contains("secret"));
}

#[test]
fn problem_codes_are_unique_and_problems_keep_their_shape() {
    let texts: std::collections::BTreeSet<_> = ProblemCode::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(texts.len(), ProblemCode::ALL.len());
    for code in ProblemCode::ALL {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        assert!((400..600).contains(&code.status()), "{code}");
    }
    let problem = Problem::new(ProblemCode::RateLimited, "too many sign-ins").retry_after(1500);
    assert_eq!(
        serde_json::to_value(&problem).unwrap(),
        serde_json::json!({
            "type": "urn:groundplan:problem:rate_limited",
            "title": "rate limited",
            "status": 429,
            "code": "rate_limited",
            "detail": "too many sign-ins",
            "retry_after_ms": 1500,
        })
    );
}
