use kube::Client;
use seatrial_apiserver::{ApiServer, ClientService};

/// A client that reaches `server` in this process, without sockets. Its namespace is `default`.
///
/// Unlike a client made from a configuration it neither retries nor times out by itself. Must be called inside a
/// tokio runtime.
pub fn client(server: &ApiServer) -> Client {
    Client::new(ClientService::new(server.clone()), "default")
}
