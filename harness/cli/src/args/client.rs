use clap::ValueEnum;
use seatrial_engine::scenario::Way;

/// Clients of TDengine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// The `taos` shell in the pod.
    Shell,
    /// REST, through a forwarded port.
    Rest,
    /// The official connector, by websocket through a tunnel (3.x).
    Connector,
}

impl Client {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Rest => "rest",
            Self::Connector => "connector",
        }
    }

    /// The same for the engine.
    pub fn way(self) -> Way {
        match self {
            Self::Shell => Way::Shell,
            Self::Rest => Way::Rest,
            Self::Connector => Way::Connector,
        }
    }
}
