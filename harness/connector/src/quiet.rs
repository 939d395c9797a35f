use std::{panic, sync::Once, thread};

/// The name of threads that run the connector.
pub(crate) const THREAD: &str = "seatrial-connector";

static ONCE: Once = Once::new();

/// Keeps panics of the connector off the terminal: they are told as errors. Other threads panic as before.
pub(crate) fn keep_quiet() {
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let own = thread::current().name() == Some(THREAD);
            if own {
                tracing::debug!(%info, "the connector panicked");
            } else {
                before(info);
            }
        }));
    });
}

/// What a panic said.
pub(crate) fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    seatrial_record::clean(text.unwrap_or_else(|| "no message".to_owned()).as_bytes())
}
