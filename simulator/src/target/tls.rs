use std::sync::{Arc, LazyLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::SendError;

/// Mozilla's roots: WeChat does not trust a certificate that only this system trusts.
static CONFIG: LazyLock<Result<Arc<ClientConfig>, String>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
});

pub(super) async fn connect(host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
    let config = CONFIG.clone().map_err(SendError::Unreachable)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| SendError::Url(error.to_string()))?;
    let connected = TlsConnector::from(config).connect(name, stream).await;
    connected.map_err(|error| SendError::Unreachable(format!("TLS: {error}")))
}
