//! Services: who is behind them (EndpointSlice), and which names resolve (DNS).

mod dns;
mod endpoints;

pub(crate) use dns::Dns;
pub(crate) use endpoints::Endpoints;
