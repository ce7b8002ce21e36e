//! TLS from certificate files, HTTP/1 and HTTP/2 by ALPN.

use std::{path::Path, process::Command, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{Fixture, client::raw};
use crate::config::Tls;

/// Makes a certificate for `localhost` with the `openssl` program, so that no key lies in the repository.
fn make_certificate(folder: &Path) -> Tls {
    let tls = Tls { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&tls.key)
        .arg("-out")
        .arg(&tls.certificate)
        .output()
        .expect("the program `openssl` makes the certificate of this test: install it");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    tls
}

#[tokio::test]
async fn serves_https_and_nothing_else_on_that_port() {
    let folder = tempfile::tempdir().unwrap();
    let tls = make_certificate(folder.path());
    let certificate = CertificateDer::from_pem_file(&tls.certificate).unwrap();
    let fixture = Fixture::start(|config| config.tls = Some(tls)).await;
    assert!(fixture.server.base_url.starts_with("https://127.0.0.1:"));
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let connect = async |protocol: &[u8]| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(fixture.server.addr).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    };
    let mut stream = connect(b"http/1.1").await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security"), "{answer}");
    let mut stream = connect(b"h2").await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut header = [0; 9];
    stream.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 4, "HTTP/2 answers with its settings");
    let plain = raw(fixture.server.addr, b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert!(!plain.contains("200 OK"), "{plain}");
}
