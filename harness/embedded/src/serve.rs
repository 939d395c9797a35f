use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use seatrial_apiserver::{ApiError, ApiServer, ResponseBody, refuse};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    kubeconfig::KubeconfigFile,
    speed::follow_wall_clock,
    tls::{Identity, token},
};

/// How to serve a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ServeOptions {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the kubeconfig file goes. A file there that `serve` did not write is an error.
    pub kubeconfig: PathBuf,
    /// Seconds that pass in the cluster in a second.
    pub speed: f64,
}

/// Why a cluster cannot be served.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The port cannot be listened on.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The kubeconfig file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is a kubeconfig file that somebody else wrote.
    #[error("{} exists and was not written by `seatrial serve`; choose another file", path.display())]
    ForeignKubeconfig {
        /// The file.
        path: PathBuf,
    },
    /// The speed is not a number that time can pass at.
    #[error("the speed must be above 0 and finite, not {0}")]
    Speed(f64),
    /// Certificates cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificates cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
}

/// A runtime for a cluster that is served: one thread, its clock paused until [`Serving::run`] moves it.
pub fn serving_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().start_paused(true).build()
}

/// An API server behind TLS on loopback, with a certificate authority, a token and a kubeconfig file of its own.
///
/// Dropping it closes the port and removes the file.
#[derive(Debug)]
pub struct Serving {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: Acceptor,
    door: Door,
    kubeconfig: KubeconfigFile,
    speed: f64,
}

#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

/// The API server, for those who know the token.
#[derive(Clone)]
struct Door {
    server: ApiServer,
    token: Arc<str>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}

impl Serving {
    /// Opens the port and writes the kubeconfig file. Must be called on a runtime of [`serving_runtime`].
    pub async fn open(server: ApiServer, options: &ServeOptions) -> Result<Self, ServeError> {
        if !(options.speed > 0.0 && options.speed.is_finite()) {
            return Err(ServeError::Speed(options.speed));
        }
        let failed = |source| ServeError::Listen { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let identity = Identity::generate()?;
        let token = token()?;
        let kubeconfig = KubeconfigFile::write(&options.kubeconfig, address, &identity.authority_pem, &token)?;
        let acceptor = Acceptor(TlsAcceptor::from(identity.server));
        let door = Door { server, token: token.into() };
        Ok(Self { listener, address, acceptor, door, kubeconfig, speed: options.speed })
    }

    /// Where the API server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The kubeconfig file.
    pub fn kubeconfig(&self) -> &Path {
        self.kubeconfig.path()
    }

    /// Serves and lets time pass, until the future is dropped.
    pub async fn run(self) {
        // Dropping the set closes the connections.
        let mut connections = JoinSet::new();
        let serving = async {
            loop {
                while connections.try_join_next().is_some() {}
                match self.listener.accept().await {
                    Ok((socket, _)) => {
                        connections.spawn(connection(socket, self.acceptor.clone(), self.door.clone()));
                    }
                    // Out of file handles, say: better to wait than to spin.
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    }
                }
            }
        };
        tokio::select! {
            () = serving => {}
            () = follow_wall_clock(self.speed) => {}
        }
    }
}

async fn connection(socket: TcpStream, acceptor: Acceptor, door: Door) {
    let stream = match acceptor.0.accept(socket).await {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "no TLS"),
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.auto_date_header(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await {
        tracing::debug!(%error, "connection ended");
    }
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let given = request.headers().get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        let wanted = format!("Bearer {}", self.token);
        if !same(given, wanted.as_bytes()) {
            return refuse(&ApiError::new(401, "Unauthorized", "Unauthorized"));
        }
        self.server.handle(request).await
    }
}

/// Compares in a time that does not tell where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differ, (left, right)| differ | (left ^ right)) == 0
}
