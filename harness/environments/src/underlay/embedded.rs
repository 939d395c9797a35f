use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use seatrial_chaos::{Effects, Fault, Rule, Underlay, UnderlayError};
use seatrial_cluster::PodState;
use seatrial_embedded::{EmbeddedCluster, Shape};

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
            Rule::Shape { at, effects } if there => {
                let dice = self.0.world().chance.stream(&format!("packets/{}", at.ip));
                network.shape(at.ip, shape(*effects), dice);
            }
            Rule::Shape { at, .. } => network.unshape(at.ip),
            Rule::LateNames { at, delay_ms } if there => network.slow_names(at.ip, ms(*delay_ms)),
            Rule::LateNames { at, .. } => network.unslow_names(at.ip),
            Rule::Disk { at, bytes, .. } if there => self.0.world().throttles.limit(at.ip, *bytes),
            Rule::Disk { at, .. } => self.0.world().throttles.lift(at.ip),
            Rule::Clock { at, by_ms } if there => self.0.world().clocks.shift(at.ip, *by_ms),
            Rule::Clock { at, .. } => self.0.world().clocks.set_right(at.ip),
            Rule::Node { node } if there => {
                self.0.nodes().disconnect_node(node);
            }
            Rule::Node { node } => self.0.nodes().connect_node(node),
        }
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn shape(effects: Effects) -> Shape {
    Shape {
        delay: ms(effects.delay_ms),
        jitter: ms(effects.jitter_ms),
        loss: effects.loss,
        corrupt: effects.corrupt,
        duplicate: effects.duplicate,
        bits_per_second: (effects.kilobits > 0).then(|| u64::from(effects.kilobits) * 1_000),
    }
}

/// The control plane runs on every node that is no worker, and with it all that could be seen.
fn no_worker(tried: &str, node: &str) -> UnderlayError {
    UnderlayError {
        tried: format!("{tried} node {node}"),
        happened: "it is no worker: the control plane runs there, and with it all that could be seen".to_owned(),
    }
}

impl Underlay for EmbeddedUnderlay {
    fn lay<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        let refused = match rule {
            Rule::Node { node } if !self.0.nodes().is_worker(node) => Some(no_worker("disconnect", node)),
            _ => None,
        };
        if refused.is_none() {
            self.apply(rule, true);
        }
        async move { refused.map_or(Ok(()), Err) }.boxed()
    }

    fn lift<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        self.apply(rule, false);
        async { Ok(()) }.boxed()
    }

    fn refuses<'a>(&'a self, _: &'a Fault) -> BoxFuture<'a, Result<Option<String>, UnderlayError>> {
        async { Ok(None) }.boxed()
    }

    fn count<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        let network = &self.0.world().network;
        let dropped = match rule {
            Rule::Drop { at, from } => network.dropped(*from, at.ip),
            Rule::Names { at } => network.unheard(at.ip),
            Rule::Shape { at, .. } => network.shaped(at.ip),
            Rule::LateNames { at, .. } => network.late_names(at.ip),
            Rule::Clock { at, .. } => self.0.world().clocks.is_shifted(at.ip).then_some(0),
            Rule::Disk { at, .. } => self.0.world().throttles.is_limited(at.ip).then_some(0),
            Rule::Node { node } => self.0.nodes().unreceived(node),
        };
        async move { Ok(dropped) }.boxed()
    }

    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        let refused = (!self.0.nodes().stop_node(node)).then(|| no_worker("stop", node));
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

    fn exhaust<'a>(&'a self, pod: &'a PodState) -> BoxFuture<'a, Result<(), UnderlayError>> {
        let refused = (!self.0.nodes().exhaust(&pod.uid)).then(|| UnderlayError {
            tried: format!("take the memory of {} away", pod.name),
            happened: "no container runs in it".to_owned(),
        });
        async move { refused.map_or(Ok(()), Err) }.boxed()
    }
}
