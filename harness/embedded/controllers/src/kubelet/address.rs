use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};

/// Gives addresses to pods: 10.244.N.x on the Nth node, the next one at every start, as kind's network plug-in does.
pub(crate) struct Addresses(Mutex<State>);

struct State {
    /// Third byte and the last one given, by node.
    nodes: BTreeMap<String, (u8, u8)>,
    used: BTreeSet<Ipv4Addr>,
}

impl Addresses {
    pub(crate) fn new<'a>(nodes: impl Iterator<Item = &'a String>) -> Self {
        // The first address of a node's range is its bridge.
        let nodes = (0..=u8::MAX).zip(nodes).map(|(third, node)| (node.clone(), (third, 1))).collect();
        Self(Mutex::new(State { nodes, used: BTreeSet::new() }))
    }

    /// An address that no pod has.
    pub(crate) fn take(&self, node: &str) -> Ipv4Addr {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (third, mut last) = state.nodes.get(node).copied().unwrap_or((u8::MAX, 1));
        let mut ip = Ipv4Addr::new(10, 244, third, last);
        for _ in 0..=u8::MAX {
            last = if last >= 254 { 2 } else { last + 1 };
            ip = Ipv4Addr::new(10, 244, third, last);
            if !state.used.contains(&ip) {
                break;
            }
        }
        state.nodes.insert(node.to_owned(), (third, last));
        state.used.insert(ip);
        ip
    }

    pub(crate) fn release(&self, ip: Ipv4Addr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).used.remove(&ip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_gets_a_new_address() {
        let nodes = ["a".to_owned(), "b".to_owned()];
        let addresses = Addresses::new(nodes.iter());
        let first = addresses.take("a");
        assert_eq!(first, Ipv4Addr::new(10, 244, 0, 2));
        addresses.release(first);
        assert_eq!(addresses.take("a"), Ipv4Addr::new(10, 244, 0, 3));
        assert_eq!(addresses.take("b"), Ipv4Addr::new(10, 244, 1, 2));
        let many: BTreeSet<_> = (0..252).map(|_| addresses.take("a")).collect();
        assert_eq!(many.len(), 252);
        assert!(many.contains(&first) && !many.contains(&Ipv4Addr::new(10, 244, 0, 3)));
    }
}
