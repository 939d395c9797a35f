use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::watch;

use super::{Store, state::Touched};
use crate::{
    Stored,
    kind::{KINDS, Kind, of_type},
};

const _: () = assert!(KINDS.len() <= 32, "there is a bit for each kind");

/// A set of kinds that only grows.
#[derive(Default)]
pub(super) struct Kinds(AtomicU32);

impl Kinds {
    fn add(&self, kind: &Kind) {
        self.0.fetch_or(1 << kind.index, Ordering::Relaxed);
    }

    fn has(&self, index: usize) -> bool {
        self.0.load(Ordering::Relaxed) & (1 << index) != 0
    }
}

/// Which changes of an object somebody has to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// All.
    Everything,
    /// That it appears or goes away, and that its owners, its finalizers or its deletion change.
    Ties,
}

/// Those who want to know of changes, each of some kinds.
#[derive(Default)]
pub(super) struct Followers(Mutex<Vec<Follower>>);

struct Follower {
    interest: Interest,
    kinds: Arc<Kinds>,
    news: watch::Sender<()>,
}

impl Followers {
    pub(super) fn tell(&self, touched: &Touched) {
        let mut followers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain(|follower| {
            let concerns = |(index, ties): (&usize, &bool)| {
                follower.kinds.has(*index) && (*ties || follower.interest == Interest::Everything)
            };
            if touched.iter().any(concerns) {
                follower.news.send_replace(());
            }
            !follower.news.is_closed()
        });
    }
}

/// Tells of changes of some kinds.
pub struct Followed {
    kinds: Arc<Kinds>,
    news: watch::Receiver<()>,
}

impl Followed {
    /// Tells of changes of `K`, too.
    #[must_use]
    pub fn and<K: Stored>(self) -> Self {
        if let Some(kind) = of_type::<K>() {
            self.kinds.add(kind);
        }
        self
    }

    /// Waits for a change since the last call (or since this was made).
    pub async fn changed(&mut self) {
        if self.news.changed().await.is_err() {
            // The store is gone: nothing will ever change again.
            std::future::pending::<()>().await;
        }
    }
}

impl Store {
    /// Tells of changes of kinds that are still to be named.
    pub fn follow(&self, interest: Interest) -> Followed {
        let kinds = Arc::new(Kinds::default());
        let (news, receiver) = watch::channel(());
        let mut followers = self.inner.followers.0.lock().unwrap_or_else(PoisonError::into_inner);
        followers.push(Follower { interest, kinds: Arc::clone(&kinds), news });
        Followed { kinds, news: receiver }
    }

    /// A handle to the same store, and what tells of changes of all kinds that were ever read through it: who has seen
    /// an object, or that there is none, learns when that is no longer so.
    pub fn followed(&self, interest: Interest) -> (Self, Followed) {
        let followed = self.follow(interest);
        (Self { inner: Arc::clone(&self.inner), reads: Some(Arc::clone(&followed.kinds)) }, followed)
    }

    /// Notes that `kind` is about to be read.
    pub(super) fn note(&self, kind: &Kind) {
        if let Some(reads) = &self.reads {
            reads.add(kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node};
    use seatrial_sim::{Clock, World};

    use super::*;

    fn named<K: Stored + Default>(name: &str) -> K {
        let mut object = K::default();
        object.metadata_mut().name = Some(name.to_owned());
        object
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_read_a_kind_hears_of_its_changes_alone() {
        let clock = Clock::starting_at("2021-06-30T08:00:00Z".parse().unwrap());
        let store = Store::new(World::new(clock, 1));
        let (reader, mut followed) = store.followed(Interest::Everything);
        store.create(&named::<Namespace>("default")).unwrap();
        assert!(followed.changed().now_or_never().is_none(), "nothing was read yet");
        assert!(reader.get::<ConfigMap>("default", "a").is_none());
        store.create(&named::<Node>("n")).unwrap();
        assert!(followed.changed().now_or_never().is_none(), "nodes were not read");
        let mut map = named::<ConfigMap>("a");
        map.metadata.namespace = Some("default".into());
        store.create(&map).unwrap();
        assert!(followed.changed().now_or_never().is_some());
        assert!(followed.changed().now_or_never().is_none(), "once for each change");
        let mut nodes = store.follow(Interest::Everything).and::<Node>();
        let mut ties = store.follow(Interest::Ties).and::<Node>();
        reader.create(&named::<Node>("m")).unwrap();
        assert!(nodes.changed().now_or_never().is_some());
        assert!(ties.changed().now_or_never().is_some(), "it appeared");
        reader.modify::<Node>("", "m", |node| node.metadata.labels = Some([("a".into(), "b".into())].into())).unwrap();
        assert!(nodes.changed().now_or_never().is_some());
        assert!(ties.changed().now_or_never().is_none(), "only a label changed");
        reader.modify::<Node>("", "m", |node| node.metadata.finalizers = Some(vec!["a/b".into()])).unwrap();
        assert!(ties.changed().now_or_never().is_some());
    }
}
