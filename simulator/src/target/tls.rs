use std::io;
use std::sync::{Arc, LazyLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError as Invalid, ClientConfig, Error, RootCertStore, crypto};

use super::{CertificateError, ConnectionError, SendError};

/// Mozilla's roots: WeChat does not trust a certificate that only this system trusts.
static CONFIG: LazyLock<Result<Arc<ClientConfig>, String>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
});

pub(super) async fn connect(host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
    let unreachable = SendError::Unreachable;
    let config = CONFIG.clone().map_err(|words| unreachable(ConnectionError::Tls(words)))?;
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| unreachable(ConnectionError::NoSuchHost(host.to_owned())))?;
    let connected = TlsConnector::from(config).connect(name, stream).await;
    connected.map_err(|error| unreachable(why(&error)))
}

fn why(error: &io::Error) -> ConnectionError {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    let certificate = ConnectionError::Certificate;
    match tls {
        None => ConnectionError::from(error),
        Some(Error::InvalidMessage(_)) => ConnectionError::NotTls,
        Some(Error::InvalidCertificate(invalid)) => match invalid {
            Invalid::NotValidForName | Invalid::NotValidForNameContext { .. } => {
                certificate(CertificateError::OtherName)
            }
            Invalid::Expired
            | Invalid::ExpiredContext { .. }
            | Invalid::NotValidYet
            | Invalid::NotValidYetContext { .. } => certificate(CertificateError::Expired),
            Invalid::UnknownIssuer => certificate(CertificateError::UnknownIssuer),
            other => ConnectionError::Tls(other.to_string()),
        },
        Some(other) => ConnectionError::Tls(other.to_string()),
    }
}
