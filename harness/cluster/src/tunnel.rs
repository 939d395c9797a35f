use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

use crate::{Cluster, ClusterError, Problem, Result};

/// A port on loopback that leads to a port of a pod, for clients that must dial by themselves. It ends with its owner.
///
/// It needs the time of the machine: a paused clock does not wait for sockets.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    server: AbortHandle,
}

impl Tunnel {
    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Cluster {
    /// Opens a tunnel to a port of a pod. The pod is reached anew for each connection; one that cannot reach it is
    /// closed at once.
    pub async fn tunnel(&self, pod: &str, port: u16) -> Result<Tunnel> {
        let failed = |error: std::io::Error| {
            let tried = format!("open a tunnel to port {port} of pod/{pod}");
            ClusterError::new(tried, Problem::Port { port, message: error.to_string() })
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (cluster, pod) = (self.clone(), pod.to_owned());
        let server = tokio::spawn(async move {
            // Dropping the set closes the connections.
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(join(cluster.clone(), pod.clone(), port, socket));
            }
        });
        Ok(Tunnel { address, server: server.abort_handle() })
    }
}

async fn join(cluster: Cluster, pod: String, port: u16, mut socket: TcpStream) {
    match cluster.forward(&pod, port).await {
        Ok(mut stream) => {
            // Either side may break off.
            let _ = copy_bidirectional(&mut socket, &mut stream).await;
        }
        Err(error) => tracing::debug!(%error, "a tunnel leads nowhere"),
    }
}
