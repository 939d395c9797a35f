use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::ServeError;

/// A certificate authority made for one run, and a server's certificate for loopback signed by it.
pub(crate) struct Identity {
    /// The authority's certificate, for clients.
    pub(crate) authority_pem: String,
    pub(crate) server: Arc<ServerConfig>,
}

impl Identity {
    pub(crate) fn generate() -> Result<Self, ServeError> {
        let authority = authority()?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        params.distinguished_name = named("seatrial API server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        // Upgrades (exec, port-forward) exist in HTTP/1.1 only.
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { authority_pem: authority.pem(), server: Arc::new(server) })
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, ServeError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("seatrial CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A random bearer token, from the system's source of randomness.
pub(crate) fn token() -> Result<String, ServeError> {
    let mut bytes = [0; 32];
    ring::default_provider().secure_random.fill(&mut bytes).map_err(|_| ServeError::Randomness)?;
    Ok(bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}
