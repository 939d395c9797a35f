//! A client for a real cluster, out of a kubeconfig file.

use std::path::Path;

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use crate::{Cause, EnvironmentError, Result, error::chain};

/// The client of a context. Requests are not repeated behind the caller's back, so that it behaves like the one for
/// the embedded cluster.
pub(crate) async fn of(kubeconfig: Kubeconfig, context: Option<&str>) -> Result<Client> {
    let tried = || format!("use the context {}", context.unwrap_or("of the kubeconfig file"));
    let wrong = |happened: String| {
        EnvironmentError::new(
            Cause::Kubeconfig,
            tried(),
            happened,
            "see whether `kubectl --context ... get nodes` works",
        )
    };
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| wrong(chain(&error)))?;
    config.default_retry = false;
    Client::try_from(config).map_err(|error| wrong(chain(&error)))
}

/// Reads a kubeconfig file.
pub(crate) fn read(file: &Path) -> Result<Kubeconfig> {
    Kubeconfig::read_from(file).map_err(|error| {
        let tried = format!("read the kubeconfig file {}", file.display());
        EnvironmentError::new(Cause::Kubeconfig, tried, chain(&error), "name another one with `--kubeconfig FILE`")
    })
}
