use super::Login;
use crate::Dialect;

/// The arguments of `taos`, as its option parser understands them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Arguments {
    pub(super) login: Login,
    /// `-p` without a password: it is asked for.
    pub(super) ask_password: bool,
    /// `-s`
    pub(super) commands: Option<String>,
    /// `-f`
    pub(super) file: Option<String>,
    /// `-r`
    pub(super) raw_time: bool,
    /// `-n`
    pub(super) net_role: Option<String>,
    /// `-k` of 3.x
    pub(super) check: bool,
    /// `-t` of 3.x
    pub(super) startup: bool,
    /// `-w` of 3.x
    pub(super) width: Option<usize>,
}

/// What to do instead of running the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Help,
    Usage,
    Version,
    /// A wrong argument: the line to print after the program's name.
    Wrong(String),
}

/// Options by letter, long name, and whether they take a value; those of 2.1.
const V2: &[(char, &str, Takes)] = &[
    ('A', "auth", Takes::Value),
    ('c', "config-dir", Takes::Value),
    ('C', "dump-config", Takes::Nothing),
    ('d', "database", Takes::Value),
    ('D', "directory", Takes::Value),
    ('f', "file", Takes::Value),
    ('h', "host", Takes::Value),
    ('k', "check", Takes::Value),
    ('l', "pktlen", Takes::Value),
    ('n', "netrole", Takes::Value),
    ('p', "password", Takes::MaybeValue),
    ('P', "port", Takes::Value),
    ('r', "raw-time", Takes::Nothing),
    ('s', "commands", Takes::Value),
    ('t', "timezone", Takes::Value),
    ('T', "thread", Takes::Value),
    ('u', "user", Takes::Value),
    ('?', "help", Takes::Nothing),
    ('U', "usage", Takes::Nothing),
    ('V', "version", Takes::Nothing),
];

/// Those of 3.x.
const V3: &[(char, &str, Takes)] = &[
    ('a', "auth", Takes::Value),
    ('c', "config-dir", Takes::Value),
    ('C', "dump-config", Takes::Nothing),
    ('d', "database", Takes::Value),
    ('f', "file", Takes::Value),
    ('h', "host", Takes::Value),
    ('k', "check", Takes::Nothing),
    ('l', "pktlen", Takes::Value),
    ('n', "netrole", Takes::Value),
    ('N', "pktnum", Takes::Value),
    ('p', "password", Takes::MaybeValue),
    ('P', "port", Takes::Value),
    ('r', "raw-time", Takes::Nothing),
    ('s', "commands", Takes::Value),
    ('t', "startup", Takes::Nothing),
    ('u', "user", Takes::Value),
    ('w', "display-width", Takes::Value),
    ('?', "help", Takes::Nothing),
    ('U', "usage", Takes::Nothing),
    ('V', "version", Takes::Nothing),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// Only if it is attached.
    MaybeValue,
}

/// Understands the arguments after the program's name.
pub(super) fn parse(dialect: Dialect, arguments: &[String]) -> Result<Arguments, Stop> {
    let options = dialect.either(|| V2, || V3);
    let mut parsed = Arguments::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if let Some(long) = argument.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            let mut fitting = options.iter().filter(|(_, long, _)| long.starts_with(name));
            let exact = options.iter().find(|(_, long, _)| *long == name);
            let Some((letter, _, takes)) = exact.or_else(|| fitting.next()).filter(|_| !name.is_empty()) else {
                return Err(Stop::Wrong(format!("unrecognized option '--{name}'")));
            };
            let value = match (takes, attached) {
                (Takes::Value, None) => Some(
                    rest.next()
                        .cloned()
                        .ok_or_else(|| Stop::Wrong(format!("option '--{name}' requires an argument")))?,
                ),
                (_, attached) => attached,
            };
            parsed.set(dialect, *letter, value)?;
        } else if let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let mut letters = letters.chars();
            while let Some(letter) = letters.next() {
                let Some((_, _, takes)) = options.iter().find(|(known, ..)| *known == letter && letter != 'U') else {
                    return Err(Stop::Wrong(format!("invalid option -- '{letter}'")));
                };
                let attached = letters.as_str();
                let value = match takes {
                    Takes::Nothing => {
                        parsed.set(dialect, letter, None)?;
                        continue;
                    }
                    _ if !attached.is_empty() => Some(attached.to_owned()),
                    Takes::MaybeValue => None,
                    Takes::Value => Some(
                        rest.next()
                            .cloned()
                            .ok_or_else(|| Stop::Wrong(format!("option requires an argument -- '{letter}'")))?,
                    ),
                };
                parsed.set(dialect, letter, value)?;
                break;
            }
        } else {
            return Err(Stop::Wrong("Too many arguments".to_owned()));
        }
    }
    Ok(parsed)
}

impl Arguments {
    fn set(&mut self, dialect: Dialect, letter: char, value: Option<String>) -> Result<(), Stop> {
        match letter {
            'k' if dialect.is_v3() => self.check = true,
            't' if dialect.is_v3() => self.startup = true,
            'w' if dialect.is_v3() => self.width = value.and_then(|width| width.parse().ok()),
            '?' => return Err(Stop::Help),
            'U' => return Err(Stop::Usage),
            'V' => return Err(Stop::Version),
            'h' => self.login.host = value,
            // A port that is no number is no port.
            'P' => self.login.port = value.and_then(|port| port.parse().ok()).filter(|port| *port != 0),
            'u' => self.login.user = value.unwrap_or_default(),
            'p' => match value {
                Some(password) => self.login.password = password,
                None => self.ask_password = true,
            },
            'd' => self.login.database = value,
            's' => self.commands = value,
            'f' => self.file = value,
            'r' => self.raw_time = true,
            'n' => self.net_role = value,
            // The others are accepted and change nothing here.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn understands_short_and_long_options() {
        let parsed =
            parse(Dialect::V2, &words(&["-hhost", "-P", "6030", "--user=u", "-ppw", "-rs", "show dnodes", "-d", "db"]));
        let login = Login {
            host: Some("host".into()),
            port: Some(6030),
            user: "u".into(),
            password: "pw".into(),
            database: Some("db".into()),
        };
        let expected =
            Arguments { login, commands: Some("show dnodes".into()), raw_time: true, ..Arguments::default() };
        assert_eq!(parsed, Ok(expected));
    }

    #[test]
    fn three_has_other_letters() {
        let parsed = parse(Dialect::V3_3, &words(&["-k", "-w60", "-h", "tdengine-0"])).unwrap();
        assert!(parsed.check && !parsed.startup);
        assert_eq!((parsed.width, parsed.login.host.as_deref()), (Some(60), Some("tdengine-0")));
        assert!(parse(Dialect::V3_3, &words(&["--check"])).unwrap().check);
    }

    #[rstest]
    #[case(&["-s"], Stop::Wrong("option requires an argument -- 's'".into()))]
    #[case(&["-x"], Stop::Wrong("invalid option -- 'x'".into()))]
    #[case(&["foo"], Stop::Wrong("Too many arguments".into()))]
    #[case(&["-V"], Stop::Version)]
    #[case(&["--help"], Stop::Help)]
    fn refuses(#[case] line: &[&str], #[case] stop: Stop) {
        assert_eq!(parse(Dialect::V2, &words(line)), Err(stop));
    }
}
