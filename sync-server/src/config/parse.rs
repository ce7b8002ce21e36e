//! Reading single values from text, and the value types that only settings use.

use std::{net::IpAddr, str::FromStr};

use zeroize::Zeroizing;

/// A setting that may hold a password; shown as dots.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
    /// Returns the text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A range of network addresses, as `10.0.0.0/8` or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Tells whether an address lies in one of several ranges.
    pub fn any_contains(networks: &[Self], address: IpAddr) -> bool {
        networks.iter().any(|network| network.contains(address))
    }

    /// Tells whether an address lies in the range. An IPv4 address written as IPv6 counts as what it stands for.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(range), IpAddr::V4(one)) => same_prefix(&range.octets(), &one.octets(), self.prefix),
            (IpAddr::V6(range), IpAddr::V6(one)) => same_prefix(&range.octets(), &one.octets(), self.prefix),
            _ => false,
        }
    }
}

fn same_prefix(left: &[u8], right: &[u8], prefix: u8) -> bool {
    let mut rest = u32::from(prefix);
    for (a, b) in left.iter().zip(right) {
        let bits = rest.min(8);
        let mask = u8::MAX.checked_shl(8 - bits).unwrap_or(0);
        if (a ^ b) & mask != 0 {
            return false;
        }
        rest -= bits;
    }
    true
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let remedy = || {
            format!("\u{201c}{text}\u{201d} is not a network: write an address or a range such as 10.0.0.0/8")
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| remedy())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), str::parse).map_err(|_| remedy())?;
        if prefix > longest { Err(remedy()) } else { Ok(Self { address, prefix }) }
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("\u{201c}{text}\u{201d} is neither true nor false")),
    }
}

pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    plain.parse().map_err(|_| format!("\u{201c}{text}\u{201d} is not a whole number in range"))
}

/// Reads an `http` or `https` address without path, and drops a closing slash.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', ' ', '@', '?', '#']) => Ok(trimmed.to_owned()),
        _ => Err(format!(
            "\u{201c}{text}\u{201d} is not an address: write scheme and host such as https://sync.example.org"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_they_should() {
        let check = |network: &str, address: &str, expected: bool| {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), expected, "{network:?} {address}");
        };
        check("10.0.0.0/8", "10.255.1.2", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.0.0.1", true);
        check("127.0.0.1", "127.0.0.1", true);
        check("127.0.0.1", "127.0.0.2", false);
        check("172.16.0.0/12", "172.31.0.1", true);
        check("172.16.0.0/12", "172.32.0.1", false);
        check("0.0.0.0/0", "1.2.3.4", true);
        check("fd00::/8", "fdff::1", true);
        check("fd00::/8", "10.0.0.1", false);
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/x", "::/129"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn urls_and_secrets() {
        assert_eq!(base_url("https://a.example/").as_deref(), Ok("https://a.example"));
        for bad in ["a.example", "ftp://a", "https://", "https://a/b", "https://u@a"] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", Secret::new("postgres://u:p@h/d")), "Secret(…)");
        assert_eq!(number::<u64>("1_000"), Ok(1000));
        assert!(number::<u8>("300").is_err() && boolean("on").is_err());
    }
}
