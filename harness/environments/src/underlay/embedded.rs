use futures::{FutureExt, future::BoxFuture};
use seatrial_chaos::{Rule, Underlay, UnderlayError};
use seatrial_embedded::EmbeddedCluster;

/// The simulated network and the simulated nodes. All of it is gone with the cluster.
pub(crate) struct EmbeddedUnderlay(pub EmbeddedCluster);

impl EmbeddedUnderlay {
    fn apply(&self, rule: &Rule, there: bool) {
        let network = &self.0.world().network;
        match rule {
            Rule::Drop { at, from } if there => network.cut(*from, at.ip),
            Rule::Drop { at, from } => network.heal(*from, at.ip),
            Rule::Names { at } if there => network.deafen(at.ip),
            Rule::Names { at } => network.undeafen(at.ip),
        }
    }
}

impl Underlay for EmbeddedUnderlay {
    fn lay<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        self.apply(rule, true);
        async { Ok(()) }.boxed()
    }

    fn lift<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        self.apply(rule, false);
        async { Ok(()) }.boxed()
    }

    fn dropped<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        let network = &self.0.world().network;
        let dropped = match rule {
            Rule::Drop { at, from } => network.dropped(*from, at.ip),
            Rule::Names { at } => network.unheard(at.ip),
        };
        async move { Ok(dropped) }.boxed()
    }

    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        let refused = (!self.0.nodes().stop_node(node)).then(|| UnderlayError {
            tried: format!("stop node {node}"),
            happened: "it is no worker: the control plane runs there, and with it all that could be seen".to_owned(),
        });
        async move { refused.map_or(Ok(()), Err) }.boxed()
    }

    fn start<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        self.0.nodes().start_node(node);
        async { Ok(()) }.boxed()
    }

    fn runs<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>> {
        let runs = self.0.nodes().node_runs(node).unwrap_or(false);
        async move { Ok(runs) }.boxed()
    }
}
