use std::time::Duration;

use seatrial_apiserver::{Followed, Interest, Store};
use tokio::time::{Instant, sleep, sleep_until};

/// A control loop: brings the cluster nearer to what is wanted, whenever something changed.
pub(crate) trait Controller: Send + 'static {
    /// The changes of objects that it has to look at.
    const INTEREST: Interest = Interest::Everything;

    /// Looks at everything and acts. When to look again although nothing changed, if at all.
    fn reconcile(&mut self) -> Option<Instant>;

    /// How long it takes from a change to the reaction.
    fn reaction(&mut self) -> Duration;
}

/// Makes a controller and runs it on the current runtime. It is woken by changes of the kinds that it reads, and of no
/// others.
pub(crate) fn spawn<C: Controller>(store: &Store, make: impl FnOnce(&Store) -> C) {
    let (store, followed) = store.followed(C::INTEREST);
    tokio::spawn(run(make(&store), followed));
}

async fn run(mut controller: impl Controller, mut followed: Followed) {
    loop {
        let again = controller.reconcile();
        changed_or(&mut followed, again).await;
        let reaction = controller.reaction();
        sleep(reaction).await;
    }
}

/// Waits for a change, but not longer than until `limit`.
async fn changed_or(followed: &mut Followed, limit: Option<Instant>) {
    match limit {
        None => followed.changed().await,
        Some(limit) => {
            tokio::select! {
                biased;
                () = followed.changed() => {}
                () = sleep_until(limit) => {}
            }
        }
    }
}
