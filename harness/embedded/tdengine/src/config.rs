use std::{collections::BTreeMap, sync::Arc};

/// A host name and a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndPoint {
    /// The name.
    pub fqdn: Arc<str>,
    /// The port of shells; peers and sync are 5 and 10 above.
    pub port: u16,
}

impl EndPoint {
    /// `name:port`, or `name` with a default port.
    pub fn parse(text: &str, default: u16) -> Self {
        let text = text.trim();
        match text.split_once(':') {
            Some((name, port)) => Self { fqdn: name.into(), port: port.trim().parse().unwrap_or(default) },
            None => Self { fqdn: text.into(), port: default },
        }
    }
}

impl std::fmt::Display for EndPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.fqdn, self.port)
    }
}

/// `/etc/taos/taos.cfg`, as lines of name and value, and what a server reads from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    lines: BTreeMap<String, String>,
}

impl Config {
    /// What the image's `env-to-cfg` makes of the environment: `TAOS_FIRST_EP` becomes `firstEp`.
    pub fn from_env(env: &BTreeMap<String, String>) -> Self {
        let named = env.iter().filter_map(|(name, value)| Some((name.strip_prefix("TAOS_")?, value)));
        Self { lines: named.map(|(name, value)| (camel_case(name), value.clone())).collect() }
    }

    /// What a configuration file says.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let pair = |line: &str| {
            line.split_once(char::is_whitespace).map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        };
        Self { lines: lines.filter_map(pair).collect() }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
        lines.concat()
    }

    /// A value by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.lines.get(name).map(String::as_str)
    }

    /// A number within bounds; the default where it is missing or wrong, as the server takes it.
    pub fn number(&self, name: &str, default: i64, low: i64, high: i64) -> i64 {
        let value = self.get(name).and_then(|value| value.trim().parse().ok());
        value.filter(|value| (low..=high).contains(value)).unwrap_or(default)
    }

    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `serverPort`.
    pub fn server_port(&self) -> u16 {
        u16::try_from(self.number("serverPort", 6030, 1, 65_056)).unwrap_or(6030)
    }

    /// `fqdn`; the host's name if it is not set.
    pub fn fqdn<'a>(&'a self, hostname: &'a str) -> &'a str {
        self.get("fqdn").filter(|fqdn| !fqdn.is_empty()).unwrap_or(hostname)
    }

    /// `firstEp`; the server itself if it is not set.
    pub fn first_ep(&self, hostname: &str) -> EndPoint {
        let own = self.server_port();
        match self.get("firstEp").filter(|text| !text.is_empty()) {
            Some(text) => EndPoint::parse(text, own),
            None => EndPoint { fqdn: self.fqdn(hostname).into(), port: own },
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut text = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        let mut letters = part.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.push_str(&letters.as_str().to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_becomes_a_configuration_file() {
        let env = [("TAOS_FIRST_EP", "a.b:6030"), ("TAOS_KEEP", "3650"), ("CLUSTER", "1"), ("TAOS_NUM_OF_MNODES", "1")];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let config = Config::from_env(&env);
        assert_eq!(config.text(), "firstEp a.b:6030\nkeep 3650\nnumOfMnodes 1\n");
        assert_eq!(Config::parse(&config.text()), config);
        assert_eq!(config.first_ep("x"), EndPoint { fqdn: "a.b".into(), port: 6030 });
        assert_eq!(config.number("numOfMnodes", 3, 1, 3), 1);
        assert_eq!(config.number("keep", 1, 1, 10), 1);
    }
}
