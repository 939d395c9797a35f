//! Services: who is behind them (EndpointSlice), which names resolve (DNS), and who answers at cluster addresses.

mod dns;
mod endpoints;
mod proxy;
mod slices;

pub(crate) use dns::Dns;
pub(crate) use endpoints::Endpoints;
pub(crate) use proxy::Proxy;
