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
    }
}
