//! REST on port 6041, as the HTTP service inside taosd 2.1.1.0 answers it.

mod auth;
mod json;
mod server;

pub(crate) use auth::Credentials;
pub use server::{RestDialect, V2_1, serve_connection};
