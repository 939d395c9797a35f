//! What a person sees while a run goes on, and at its end.

mod claims;
mod failure;
mod live;
mod options;
mod paint;
mod screen;
mod summary;

pub use live::Terminal;
pub use options::{Options, Verbosity};
pub(crate) use paint::Paint;
pub use screen::render;
pub use summary::closing;
