//! Which https servers are believed to be who they say: those that the system trusts, as `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! say; of a system without certificates (a bare container), those that Mozilla trusts.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Whether any certificate is accepted.
static INSECURE: AtomicBool = AtomicBool::new(false);

/// Accepts any certificate from now on, in all of the program, or not.
pub fn set_insecure(insecure: bool) {
    INSECURE.store(insecure, Ordering::Relaxed);
}

/// The certificates that the system trusts.
static ROOTS: LazyLock<RootCerts> = LazyLock::new(|| {
    // One that cannot be read is passed over: the others may do.
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return RootCerts::WebPki;
    }
    let certificates: Vec<_> = found.iter().map(|known| Certificate::from_der(known).to_owned()).collect();
    RootCerts::from(certificates)
});

/// How connections are to be secured.
pub(super) fn config() -> TlsConfig {
    let is_insecure = INSECURE.load(Ordering::Relaxed);
    let builder = TlsConfig::builder().disable_verification(is_insecure);
    if is_insecure { builder.build() } else { builder.root_certs(ROOTS.clone()).build() }
}
