use std::collections::BTreeMap;

use seatrial_taos::Version;

use super::{Conventions, Edition, WaitsBy};
use crate::ImageConfig;

/// Programs that say something about an image.
const PROGRAMS: &[&str] = &["taosd", "taos", "taosadapter", "taos-check", "env-to-cfg", "tini", "curl"];

/// What is in an image, read without starting its server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inventory {
    /// Programs that are there.
    pub programs: Vec<String>,
    /// What `taosd -V` prints.
    pub server: String,
    /// What `taos -V` prints.
    pub shell: String,
    /// The entrypoint, if it is a script.
    pub entrypoint: String,
}

/// The script that prints it. Each part begins with a line of its own.
pub(super) fn script(config: &ImageConfig) -> String {
    let look = |program: &str| format!("command -v {program} >/dev/null 2>&1 && echo '@@program {program}'\n");
    let programs: String = PROGRAMS.iter().map(|program| look(program)).collect();
    // A script, not the binary that some images start directly.
    let entrypoint = entrypoint_file(config).map(|file| {
        format!("echo '@@entrypoint'; case \"$(head -c 2 {file} 2>/dev/null)\" in '#!') head -c 65536 {file};; esac\n")
    });
    let entrypoint = entrypoint.unwrap_or_default();
    let versions = "echo '@@server'; taosd -V </dev/null 2>&1\necho '@@shell'; taos -V </dev/null 2>&1\n";
    format!("{programs}{versions}{entrypoint}exit 0\n")
}

/// The file that an image starts, init programs left out. Only plain paths: the text goes into a script.
fn entrypoint_file(config: &ImageConfig) -> Option<&str> {
    let plain = |text: &&String| {
        text.starts_with('/') && text.chars().all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char))
    };
    let both = config.entrypoint.iter().chain(&config.cmd).flatten();
    both.filter(plain).map(String::as_str).find(|file| !is_init(file))
}

fn is_init(file: &str) -> bool {
    matches!(file.rsplit('/').next(), Some("tini" | "dumb-init" | "tini-static" | "docker-init"))
}

impl Inventory {
    /// Reads what the script printed.
    pub fn parse(text: &str) -> Self {
        let mut parts: BTreeMap<&str, String> = BTreeMap::new();
        let mut inventory = Self::default();
        let mut part = "";
        for line in text.lines() {
            if let Some(program) = line.strip_prefix("@@program ") {
                inventory.programs.push(program.to_owned());
            } else if let Some(name) = line.strip_prefix("@@") {
                part = name;
            } else {
                let text = parts.entry(part).or_default();
                text.push_str(line);
                text.push('\n');
            }
        }
        let mut take = |name: &str| parts.remove(name).unwrap_or_default();
        (inventory.server, inventory.shell, inventory.entrypoint) = (take("server"), take("shell"), take("entrypoint"));
        inventory
    }

    pub fn has(&self, program: &str) -> bool {
        self.programs.iter().any(|known| known == program)
    }

    /// The version of the server.
    pub fn version(&self) -> Option<Version> {
        Version::find(&self.server)
    }

    pub fn edition(&self) -> Edition {
        let text = self.server.to_ascii_lowercase();
        if text.contains("enterprise") {
            Edition::Enterprise
        } else if text.contains("community") || text.contains("oss") {
            Edition::Community
        } else {
            Edition::Unknown
        }
    }

    /// How the image wants to be started.
    pub fn conventions(&self, config: &ImageConfig) -> Conventions {
        let text = &self.entrypoint;
        let entrypoint = config.entrypoint.clone().unwrap_or_default();
        let variables = config.env.clone().unwrap_or_default();
        let waits_by = if text.contains("--check") || text.contains("taos-check") {
            Some(WaitsBy::Check)
        } else if text.contains("-n startup") {
            Some(WaitsBy::Startup)
        } else if text.contains("-s \"show mnodes\"") || text.contains("-s \"show dnodes\"") {
            Some(WaitsBy::Query)
        } else {
            None
        };
        let init = entrypoint.first().filter(|file| is_init(file)).cloned();
        let off = |variable: &String| variable == "TAOS_DISABLE_ADAPTER=1" || variable == "TAOS_DISABLE_ADAPTER=true";
        Conventions {
            entrypoint,
            command: config.cmd.clone().unwrap_or_default(),
            needs_fqdn: text.contains("TAOS_FQDN must be"),
            cluster_variable: text.contains("$CLUSTER") || text.contains("${CLUSTER"),
            waits_by,
            variables_to_config: self.has("env-to-cfg") || text.contains("env-to-cfg"),
            init,
            adapter: self.has("taosadapter"),
            adapter_disabled: variables.iter().any(off),
            taos_check: self.has("taos-check"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "@@program taosd\n@@program taos\n@@program env-to-cfg\n@@server\ncommunity version: 2.1.1.0 compatible_version: 2.0.0.0\ngitinfo: 6e0e4584754c\n@@shell\nversion: 2.1.1.0\n@@entrypoint\n#!/bin/bash\nif [ \"$TAOS_FQDN\" = \"\" ]; then\n    echo TAOS_FQDN must be setted!\nfi\nenv-to-cfg > /etc/taos/taos.cfg\nCLUSTER=${CLUSTER:=}\ntaos -h $FIRST_EP_HOST -s \"show mnodes\" > /dev/null || es=$?\n";

    fn config(entrypoint: &[&str], env: &[&str]) -> ImageConfig {
        let texts = |list: &[&str]| Some(list.iter().map(|text| (*text).to_owned()).collect());
        ImageConfig { entrypoint: texts(entrypoint), cmd: texts(&["taosd"]), env: texts(env) }
    }

    #[test]
    fn what_was_printed_is_read() {
        let inventory = Inventory::parse(PRINTED);
        assert_eq!(inventory.version(), Some(Version(2, 1, 1, 0)));
        assert_eq!(inventory.edition(), Edition::Community);
        let conventions = inventory.conventions(&config(&["/usr/bin/entrypoint.sh"], &[]));
        assert!(conventions.needs_fqdn && conventions.cluster_variable && conventions.variables_to_config);
        assert_eq!((conventions.waits_by, conventions.init), (Some(WaitsBy::Query), None));
        assert!(!conventions.adapter && !conventions.taos_check);
    }

    #[test]
    fn an_init_program_is_no_entrypoint() {
        let config = config(&["/tini", "--", "/usr/bin/entrypoint.sh"], &["TAOS_DISABLE_ADAPTER=1"]);
        assert_eq!(entrypoint_file(&config), Some("/usr/bin/entrypoint.sh"));
        let conventions = Inventory::parse("@@entrypoint\n#!/bin/sh\nes=$(taos --check)\n").conventions(&config);
        assert_eq!(conventions.init.as_deref(), Some("/tini"));
        assert_eq!(conventions.waits_by, Some(WaitsBy::Check));
        assert!(conventions.adapter_disabled);
    }

    #[test]
    fn a_path_cannot_smuggle_a_command() {
        assert_eq!(entrypoint_file(&config(&["/x; rm -rf /", "/y$(z)"], &[])), None);
        assert!(!script(&config(&["/x; rm -rf /"], &[])).contains("rm -rf"));
    }

    #[test]
    fn an_image_without_a_server_has_no_version() {
        let inventory = Inventory::parse("@@server\nsh: taosd: not found\n@@shell\nsh: taos: not found\n");
        assert!(!inventory.has("taosd"));
        assert_eq!(inventory.version(), None);
    }
}
