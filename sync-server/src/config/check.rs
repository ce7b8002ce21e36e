//! What settings must satisfy together.

use super::{
    Config,
    load::{ConfigError, Origin, Origins},
};

pub(super) fn check(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let wrong = |key: &'static str, reason: String, remedy: &'static str| {
        let origin = origins.get(key).cloned().unwrap_or(Origin::Default);
        Err(ConfigError::Value { key, origin, reason, remedy })
    };
    if let Some(tls) = &config.tls {
        for (key, path) in [("tls.certificate", &tls.certificate), ("tls.key", &tls.key)] {
            if path.as_os_str().is_empty() {
                let reason = "certificate and key belong together and this one is missing".to_owned();
                return wrong(key, reason, "set both, or neither");
            }
            if let Err(error) = std::fs::File::open(path) {
                let reason = format!("{} cannot be read: {error}", path.display());
                return wrong(key, reason, "check path and permissions");
            }
        }
    } else if !config.listen.ip().is_loopback() && !config.allow_plain_http {
        let reason = format!("{} is open to the network and there is no TLS", config.listen);
        return wrong(
            "listen",
            reason,
            "set tls.certificate and tls.key, or allow_plain_http = true behind a proxy that ends TLS",
        );
    }
    if let Some(admin) = config.admin_listen
        && admin == config.listen
        && admin.port() != 0
    {
        let reason = format!("{admin} is the public listener too");
        return wrong("admin_listen", reason, "choose another port, or set metrics_on_main = true");
    }
    let blobs = &config.blobs;
    if blobs.s3_bucket.is_none() {
        for (key, set) in [
            ("blobs.s3_region", blobs.s3_region.is_some()),
            ("blobs.s3_endpoint", blobs.s3_endpoint.is_some()),
            ("blobs.s3_prefix", blobs.s3_prefix.is_some()),
            ("blobs.s3_access_key_id", blobs.s3_access_key_id.is_some()),
            ("blobs.s3_secret_access_key", blobs.s3_secret_access_key.is_some()),
        ] {
            if set {
                let reason = "there is no bucket that it belongs to".to_owned();
                return wrong(key, reason, "set blobs.s3_bucket too, or leave both out");
            }
        }
    } else if blobs.folder.is_some() {
        let reason = "attachments lie in a bucket or in a folder, and both are set".to_owned();
        return wrong("blobs.folder", reason, "leave out blobs.folder or blobs.s3_bucket");
    }
    if blobs.s3_access_key_id.is_some() != blobs.s3_secret_access_key.is_some() {
        let reason = "the access key has an id and a secret, and one is missing".to_owned();
        return wrong("blobs.s3_access_key_id", reason, "set both, or neither to use the machine's own role");
    }
    if blobs.s3_endpoint.as_ref().is_some_and(|url| url.starts_with("http://")) && !blobs.s3_allow_http {
        let reason = "the endpoint has no TLS".to_owned();
        return wrong("blobs.s3_endpoint", reason, "write https://, or set blobs.s3_allow_http = true");
    }
    if blobs.s3_prefix.as_ref().is_some_and(|prefix| prefix.contains(['/', '.', '\\'])) {
        let reason = "it holds a slash or dot".to_owned();
        return wrong("blobs.s3_prefix", reason, "write one word");
    }
    if config.limits.envelope_burst < 64 {
        let reason = format!("{} is less than one push", config.limits.envelope_burst);
        return wrong("limits.envelope_burst", reason, "write at least 64");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::load;

    fn refuses(flags: &[(&'static str, &'static str, &str)], expected: &str) {
        let flags: Vec<_> =
            flags.iter().map(|(key, flag, value)| (*key, *flag, (*value).to_owned())).collect();
        let message = load(None, [], &flags).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn refuses_what_does_not_go_together() {
        refuses(&[("listen", "--listen", "0.0.0.0:1")], "there is no TLS; set tls.certificate");
        refuses(
            &[("tls.key", "-", "/nowhere/key.pem")],
            "`tls.certificate`: certificate and key belong together",
        );
        refuses(
            &[("tls.key", "-", "/nowhere/key.pem"), ("tls.certificate", "-", "/nowhere/chain.pem")],
            "/nowhere/chain.pem cannot be read",
        );
        refuses(&[("admin_listen", "-", "127.0.0.1:7420")], "is the public listener too");
        refuses(&[("limits.envelope_burst", "-", "63")], "less than one push");
        refuses(&[("blobs.s3_endpoint", "-", "https://s3.example.org")], "no bucket that it belongs to");
        let bucket = ("blobs.s3_bucket", "-", "b");
        refuses(&[bucket, ("blobs.folder", "-", "/tmp/x")], "both are set");
        refuses(&[bucket, ("blobs.s3_access_key_id", "-", "k")], "one is missing");
        refuses(&[bucket, ("blobs.s3_endpoint", "-", "http://127.0.0.1:9000")], "has no TLS");
        refuses(&[bucket, ("blobs.s3_prefix", "-", "../x")], "slash or dot");
    }
}
