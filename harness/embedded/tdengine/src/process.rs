use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use seatrial_sim::{Dice, ListenGuard};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    config::EndPoint,
    host::Host,
    queue::{Queue, Ticket},
};

/// What one generation of servers is, inside its process.
pub(crate) trait Server: Default + Send + 'static {
    /// Something that it has to do at a moment.
    type Event: Send + 'static;
    /// What its tasks share besides its state.
    type Shared: Default + Send + Sync;

    /// Opens its ports.
    fn listen(process: &Arc<Process<Self>>) -> Vec<ListenGuard>;

    /// Starts everything that is on the volume.
    fn boot(&mut self, node: &Process<Self>);

    /// Does what an event asks for.
    fn handle(&mut self, node: &Process<Self>, event: Self::Event);

    /// Ends everything.
    fn close(&mut self, node: &Process<Self>);
}

/// A running server process.
///
/// Other processes reach it only through the network, by putting events into its queue; its state is touched by its
/// own task, and by clients that are connected to it.
pub(crate) struct Process<S: Server> {
    /// Where it runs.
    pub host: Host,
    /// Its own end point.
    pub ep: EndPoint,
    /// What its tasks share besides its state.
    pub shared: S::Shared,
    queue: Mutex<Queue<S::Event>>,
    wake: Notify,
    state: Mutex<S>,
    dice: Mutex<Dice>,
    ports: Mutex<Vec<ListenGuard>>,
    exit: watch::Sender<Option<u8>>,
    stopped: watch::Sender<bool>,
    /// Until when its thread waits for the resolver.
    busy: Mutex<Option<Instant>>,
    me: Weak<Self>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Server> Process<S> {
    /// Starts a server. It may have ended already when this returns: [`Process::exited`].
    pub fn start(host: Host, hostname: &str) -> Arc<Self> {
        let ep = EndPoint { fqdn: host.config.fqdn(hostname).into(), port: host.config.server_port() };
        let dice = host.dice("server");
        let process = Arc::new_cyclic(|me| Self {
            state: Mutex::new(S::default()),
            queue: Mutex::new(Queue::default()),
            shared: S::Shared::default(),
            wake: Notify::new(),
            dice: Mutex::new(dice),
            ports: Mutex::default(),
            exit: watch::Sender::new(None),
            stopped: watch::Sender::new(false),
            busy: Mutex::default(),
            me: me.clone(),
            host,
            ep,
        });
        // Peers can connect as soon as the process lives, even while it opens its vnodes.
        let guards = S::listen(&process);
        *lock(&process.ports) = guards;
        lock(&process.state).boot(&process);
        if process.has_exited() {
            process.clean_up();
        } else {
            tokio::spawn(Arc::clone(&process).run());
        }
        process
    }

    async fn run(self: Arc<Self>) {
        let mut exit = self.exit.subscribe();
        loop {
            self.work();
            if self.has_exited() {
                break;
            }
            let busy = *lock(&self.busy);
            let first = lock(&self.queue).first().filter(|_| !self.is_stopped()).map(|at| Some(at).max(busy));
            let idle = async {
                match first.flatten() {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = exit.changed() => break,
                () = self.wake.notified() => {}
                () = idle => {}
            }
        }
        self.clean_up();
    }

    /// Does everything that is due.
    fn work(&self) {
        let now = Instant::now();
        while !self.has_exited() && !self.is_stopped() && lock(&self.busy).is_none_or(|busy| busy <= now) {
            let Some(event) = lock(&self.queue).pop(now) else { break };
            lock(&self.state).handle(self, event);
            // Names are resolved on the thread that does all this.
            let resolving = self.host.resolver_took();
            *lock(&self.busy) = (!resolving.is_zero()).then(|| now + resolving);
        }
    }

    /// Sends an event to another process, which it reaches some milliseconds from now, or later if packets are slow.
    pub fn deliver(&self, remote: &Self, delay_ms: u64, event: S::Event) {
        let transit = self.host.world.network.transit(self.host.ip, remote.host.ip);
        remote.post(delay_ms.saturating_add(u64::try_from(transit.as_millis()).unwrap_or(u64::MAX)), event);
    }

    /// Puts an event into the queue, some milliseconds from now.
    pub fn post(&self, delay_ms: u64, event: S::Event) {
        self.post_instead(None, delay_ms, event);
    }

    /// The same, in place of an event that is not to happen any more. The ticket takes the new one back.
    pub fn post_instead(&self, old: Option<Ticket>, delay_ms: u64, event: S::Event) -> Option<Ticket> {
        if self.has_exited() {
            return None;
        }
        let at = Instant::now() + Duration::from_millis(delay_ms);
        let (ticket, first) = {
            let mut queue = lock(&self.queue);
            if let Some(old) = old {
                queue.cancel(old);
            }
            queue.push(at, event)
        };
        if first {
            self.wake.notify_one();
        }
        Some(ticket)
    }

    /// The same, when what was written through is on the disk, which takes so long.
    pub fn post_when_written(&self, takes: Duration, delay_ms: u64, event: S::Event) {
        if takes.is_zero() {
            return self.post(delay_ms, event);
        }
        let (process, host) = (self.weak(), self.host.clone());
        tokio::spawn(async move {
            host.world.throttles.wait(host.ip, takes).await;
            if let Some(process) = process.upgrade() {
                process.post(delay_ms, event);
            }
        });
    }

    /// Its state, for a client that is connected to it.
    pub fn state(&self) -> MutexGuard<'_, S> {
        lock(&self.state)
    }

    /// Another handle that does not keep the process alive.
    pub fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }

    /// A random number of milliseconds.
    pub fn chance(&self, low: u64, high: u64) -> u64 {
        lock(&self.dice).between(low, high)
    }

    /// Ends the process with an exit code; 137 is SIGKILL.
    pub fn exit(&self, code: u8) {
        self.exit.send_if_modified(|exit| {
            let first = exit.is_none();
            if first {
                *exit = Some(code);
            }
            first
        });
    }

    /// Ends the process from outside.
    pub fn kill(&self, code: u8) {
        self.exit(code);
        self.clean_up();
    }

    /// Stops the process, as SIGSTOP does, or lets it go on. What is sent to a stopped process waits for it.
    pub fn stop(&self, stopped: bool) {
        self.stopped.send_replace(stopped);
        self.wake.notify_one();
    }

    /// True if it is stopped: it answers nobody.
    pub fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Resolves when it is not stopped.
    pub async fn goes_on(&self) {
        // The sender lives as long as this.
        let _ = self.stopped.subscribe().wait_for(|stopped| !stopped).await;
    }

    /// What the kernel does at the end of a process: closes its ports and connections.
    fn clean_up(&self) {
        lock(&self.ports).clear();
        lock(&self.queue).clear();
        lock(&self.state).close(self);
    }

    /// True if the process has ended.
    pub fn has_exited(&self) -> bool {
        self.exit.borrow().is_some()
    }

    /// Resolves with the exit code when the process has ended.
    pub async fn exited(&self) -> u8 {
        let mut exit = self.exit.subscribe();
        let code = exit.wait_for(Option::is_some).await.ok().and_then(|code| *code);
        code.unwrap_or(137)
    }

    /// True if packets to this address arrive.
    pub fn reaches(&self, ip: Ipv4Addr) -> bool {
        !matches!(self.host.dial(ip, self.ep.port), Err(seatrial_sim::ConnectError::Unreachable))
    }
}
