//! TLS from certificate files, with `rustls` on `ring`. Client certificates are not used.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::Tls;

/// Why the certificate files cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{}: no {what} can be read from this file: {reason}; it must be PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Key and certificate do not go together, or are of no use.
    #[error("certificate and key cannot be used: {0}; check that they belong together")]
    Unusable(#[source] rustls::Error),
}

/// Loads certificate and key.
///
/// # Errors
/// Names the file at fault.
pub fn acceptor(files: &Tls) -> Result<TlsAcceptor, TlsError> {
    let failed = |path: &Path, what: &'static str, reason: String| TlsError::Pem {
        path: path.to_owned(),
        what,
        reason,
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&files.certificate, "certificate", error.to_string()))?;
    if chain.is_empty() {
        return Err(failed(&files.certificate, "certificate", "there is none".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| failed(&files.key, "private key", error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
