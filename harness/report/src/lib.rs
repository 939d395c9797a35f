//! Reports made from an event stream alone: terminal, JSON, JUnit, Markdown, HTML.
//!
//! [`Model`] folds events into a run; everything else shows a model. A stream without an end, as a killed run
//! leaves it, gives a report that says so and never a pass. Text from events is cleaned again on its way into the
//! model, and every format escapes it for itself.

pub mod compare;
mod evidence;
mod facts;
mod headline;
mod html;
pub mod json;
mod junit;
mod markdown;
pub mod model;
pub mod qualify;
pub mod selfcheck;
mod tables;
pub mod terminal;
mod text;
mod write;

pub use facts::RunFacts;
pub use json::{SCHEMA, schema};
pub use model::Model;
pub use terminal::{Options, Terminal, Verbosity};
pub use text::words::Lang;
pub use write::{ReportError, Written, write_all};
