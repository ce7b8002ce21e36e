//! Who may talk to the agent: the browser that opened the one-time link, from this origin, and nobody else.
//!
//! Against other sites in the same browser: the cookie is `SameSite=Strict`, a custom header is required, `Origin`
//! and `Host` are checked (the latter against DNS rebinding), and no CORS header is ever sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;

use crate::env;

const COOKIE: &str = "groundplan_session";
/// Sessions at once; the oldest ends when there are more.
const MAX_SESSIONS: usize = 16;

type Teller = Box<dyn Fn(&str) + Send + Sync>;

/// The sessions of one running agent. They end with it.
pub(super) struct Sessions {
    address: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<[u8; 32]>,
    sessions: VecDeque<[u8; 32]>,
    tell: Option<Teller>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The request was made for another host or by another site.
    WrongOrigin,
    /// There is no session.
    NoSession,
}

impl Sessions {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, state: Mutex::default() }
    }

    pub(super) fn on_link(&self, tell: impl Fn(&str) + Send + Sync + 'static) {
        self.state().tell = Some(Box::new(tell));
        self.new_link();
    }

    fn new_link(&self) {
        let token = env::random::<32>();
        let mut state = self.state();
        state.link = Some(hash(&token));
        if let Some(tell) = &state.tell {
            tell(&format!("http://{}/open/{}", self.address, URL_SAFE_NO_PAD.encode(token)));
        }
    }

    /// Uses the one-time link; returns the cookie of a new session.
    pub(super) fn open(&self, token: &str) -> Option<String> {
        let given = hash(&URL_SAFE_NO_PAD.decode(token).ok()?);
        let session = env::random::<32>();
        {
            let mut state = self.state();
            // Compared by hash: timing says nothing about the token.
            if state.link != Some(given) {
                return None;
            }
            state.link = None;
            state.sessions.push_back(hash(&session));
            while state.sessions.len() > MAX_SESSIONS {
                state.sessions.pop_front();
            }
        }
        self.new_link();
        Some(format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", URL_SAFE_NO_PAD.encode(session)))
    }

    /// Checks Host, and Origin where there is one.
    pub(super) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let port = self.address.port();
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).ok_or(Refused::WrongOrigin)?;
        if !hosts.iter().any(|known| known == host) {
            return Err(Refused::WrongOrigin);
        }
        match headers.get(header::ORIGIN) {
            None => Ok(()),
            Some(origin) if origin.as_bytes() == format!("http://{host}").as_bytes() => Ok(()),
            Some(_) => Err(Refused::WrongOrigin),
        }
    }

    /// Checks the session cookie.
    pub(super) fn check_session(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let state = self.state();
        let known = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .filter_map(|token| URL_SAFE_NO_PAD.decode(token).ok())
            .any(|token| state.sessions.contains(&hash(&token)));
        if known { Ok(()) } else { Err(Refused::NoSession) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_link_opens_one_session_once() {
        let sessions = Sessions::new("127.0.0.1:7000".parse().unwrap());
        let links = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&links);
        sessions.on_link(move |link| kept.lock().unwrap().push(link.to_owned()));
        let first = links.lock().unwrap()[0].clone();
        let token = first.rsplit('/').next().unwrap();
        let cookie = sessions.open(token).unwrap();
        assert!(sessions.open(token).is_none(), "used up");
        assert_eq!(links.lock().unwrap().len(), 2, "a new link takes its place");
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(sessions.check_session(&headers(&[("cookie", pair)])), Ok(()));
        assert_eq!(
            sessions.check_session(&headers(&[("cookie", "groundplan_session=AAAA")])),
            Err(Refused::NoSession)
        );
        assert_eq!(sessions.check_session(&headers(&[])), Err(Refused::NoSession));
    }

    #[test]
    fn other_hosts_and_origins_are_refused() {
        let sessions = Sessions::new("127.0.0.1:7000".parse().unwrap());
        let check = |pairs: &[(&'static str, &str)]| sessions.check_origin(&headers(pairs));
        assert_eq!(check(&[("host", "127.0.0.1:7000")]), Ok(()));
        assert_eq!(check(&[("host", "localhost:7000"), ("origin", "http://localhost:7000")]), Ok(()));
        for bad in [
            &[("host", "evil.example:7000")][..],
            &[("host", "127.0.0.1:7001")],
            &[],
            &[("host", "127.0.0.1:7000"), ("origin", "http://evil.example")],
            &[("host", "127.0.0.1:7000"), ("origin", "null")],
            &[("host", "127.0.0.1:7000"), ("origin", "http://localhost:7000")],
        ] {
            assert_eq!(check(bad), Err(Refused::WrongOrigin), "{bad:?}");
        }
    }
}
