//! The address of a server, checked: `https`, or `http` on this machine only.
//!
//! Not here: connecting to it.

use std::fmt;
use std::net::IpAddr;

use groundplan_shared::api::{ApiError, ErrorCode};
use reqwest::Url;

/// A server's address, without a path at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress(Url);

fn refused(message: &str, hint: &str) -> ApiError {
    let mut error = ApiError::new(ErrorCode::InvalidInput, message, hint);
    error.field = Some("server".to_owned());
    error
}

impl ServerAddress {
    /// Reads an address as a person types it; a bare host name means `https`.
    ///
    /// # Errors
    /// `InvalidInput`, with what is wrong.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let text = text.trim().trim_end_matches('/');
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let hint = "Give it as https://sync.example.org.";
        let url = Url::parse(&whole).map_err(|_| refused("The server's address cannot be read.", hint))?;
        if url.host_str().is_none_or(str::is_empty) || url.query().is_some() || url.fragment().is_some() {
            return Err(refused("The server's address is not complete.", hint));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("The server's address holds a user name or password.", hint));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            "http" => Err(refused(
                "The server's address is not encrypted.",
                "Use https://. Plain http:// works only for a server on this computer.",
            )),
            _ => Err(refused("The server's address has an unknown scheme.", hint)),
        }
    }

    /// Returns the address of a path that begins with `/`.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// Returns the address of the socket.
    pub fn socket_url(&self, path: &str) -> String {
        let url = self.url(path).to_string();
        match url.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => url,
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(ServerAddress::parse(text).ok().map(|a| a.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn takes_https_and_loopback_only() {
        check("sync.example.org", Some("https://sync.example.org"));
        check(" https://sync.example.org/groundplan/ ", Some("https://sync.example.org/groundplan"));
        check("http://127.0.0.1:4000", Some("http://127.0.0.1:4000"));
        check("http://[::1]:4000", Some("http://[::1]:4000"));
        check("http://localhost:4000", Some("http://localhost:4000"));
        check("http://sync.example.org", None);
        check("http://127.0.0.1.example.org", None);
        check("ftp://example.org", None);
        check("https://user:secret@example.org", None);
        check("https://example.org/?a=b", None);
        check("", None);
    }

    #[test]
    fn makes_urls_below_a_path() {
        let address = ServerAddress::parse("https://example.org/sync").unwrap();
        assert_eq!(address.url("/v1/server").as_str(), "https://example.org/sync/v1/server");
        assert_eq!(address.socket_url("/v1/socket"), "wss://example.org/sync/v1/socket");
        let local = ServerAddress::parse("http://localhost:1").unwrap();
        assert_eq!(local.socket_url("/v1/socket"), "ws://localhost:1/v1/socket");
    }
}
