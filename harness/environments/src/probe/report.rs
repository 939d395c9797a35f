use std::{fmt, time::Duration};

use seatrial_taos::{Profile, Version};

/// Editions of TDengine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The free one.
    Community,
    /// The one that is paid for.
    Enterprise,
    /// It does not say.
    Unknown,
}

/// How an entrypoint waits for the first dnode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsBy {
    /// `taos -s "show mnodes"` until it ends with 0 (2.1 of June 2021).
    Query,
    /// `taos -n startup`, whose exit code 2.1.1.0 leaves at 0.
    Startup,
    /// `taos --check`, or `taos-check` (3.x).
    Check,
}

/// Which REST service answers on port 6041.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestDialect {
    /// taosd itself, 2.x: `{"status":"succ",...}`.
    Taosd,
    /// taosAdapter, 3.x and late 2.x: `{"code":0,...}`.
    Adapter,
}

/// How an image wants to be started.
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conventions {
    /// Its entrypoint.
    pub entrypoint: Vec<String>,
    /// Its command.
    pub command: Vec<String>,
    /// It refuses to start without `TAOS_FQDN`.
    pub needs_fqdn: bool,
    /// It joins a cluster only if `CLUSTER` is set.
    pub cluster_variable: bool,
    /// How it waits for the first dnode.
    pub waits_by: Option<WaitsBy>,
    /// It writes `TAOS_...` variables into `taos.cfg`; later servers read them themselves.
    pub variables_to_config: bool,
    /// The init program. Without one the shell of the entrypoint is process 1, and SIGTERM does not reach the server.
    pub init: Option<String>,
    /// It has a taosAdapter.
    pub adapter: bool,
    /// It does not start its taosAdapter.
    pub adapter_disabled: bool,
    /// It has `taos-check`, which the probes of the 3.x document call.
    pub taos_check: bool,
}

/// A statement that was sent to the server, and whether the answer could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// `shell` or `rest`.
    pub via: &'static str,
    /// The statement.
    pub sql: String,
    /// What was read, in words, or why it could not be.
    pub outcome: Result<String, String>,
}

/// What an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReport {
    /// Its name.
    pub image: String,
    /// Its digest in a registry, or else its local id.
    pub id: String,
    /// Version of its server.
    pub version: Version,
    /// Its edition.
    pub edition: Edition,
    /// How it wants to be started.
    pub conventions: Conventions,
    /// Which REST service answers; none if none does.
    pub rest: Option<RestDialect>,
    /// How its servers talk.
    pub profile: &'static Profile,
    /// True if the profile was read from servers of just this version.
    pub exact: bool,
    /// From the start of the container until its dnode was ready.
    pub ready_after: Duration,
    /// How long the probe took.
    pub took: Duration,
    /// The statements that were sent.
    pub contract: Vec<Contract>,
}

impl ImageReport {
    /// What a person should know before trusting a run with it; empty if there is nothing.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::from_iter(Profile::caution(&self.version));
        for failed in self.contract.iter().filter(|contract| contract.outcome.is_err()) {
            let why = failed.outcome.as_ref().err().cloned().unwrap_or_default();
            warnings.push(format!("the answer to `{}` ({}) could not be read: {why}", failed.sql, failed.via));
        }
        if self.rest.is_none() {
            warnings.push("no REST service answers on port 6041: SQL by REST is not to be had".to_owned());
        }
        if self.conventions.init.is_none() {
            warnings.push("process 1 is a shell: SIGTERM does not reach the server, so pods end after 30 s".to_owned());
        }
        warnings
    }

    /// True if all answers could be read.
    pub fn keeps_contract(&self) -> bool {
        self.contract.iter().all(|contract| contract.outcome.is_ok())
    }
}

impl fmt::Display for ImageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = match self.rest {
            Some(RestDialect::Taosd) => "of taosd",
            Some(RestDialect::Adapter) => "of taosAdapter",
            None => "none",
        };
        let waits = match self.conventions.waits_by {
            Some(WaitsBy::Query) => "by `show mnodes`",
            Some(WaitsBy::Startup) => "by `-n startup`",
            Some(WaitsBy::Check) => "by `--check`",
            None => "not at all",
        };
        let yes = |is: bool| if is { "yes" } else { "no" };
        writeln!(f, "image        {}", self.image)?;
        writeln!(f, "version      {} ({:?})", self.version, self.edition)?;
        writeln!(f, "profile      {}{}", self.profile.name, if self.exact { "" } else { " (nearest)" })?;
        writeln!(f, "ready after  {} ms (probe {} ms)", self.ready_after.as_millis(), self.took.as_millis())?;
        writeln!(f, "entrypoint   {}", self.conventions.entrypoint.join(" "))?;
        writeln!(
            f,
            "             needs TAOS_FQDN: {}, waits for the first dnode: {waits}",
            yes(self.conventions.needs_fqdn)
        )?;
        writeln!(f, "taosadapter  {}, taos-check {}", yes(self.conventions.adapter), yes(self.conventions.taos_check))?;
        writeln!(f, "REST         {rest}")?;
        for warning in self.warnings() {
            writeln!(f, "note         {warning}")?;
        }
        Ok(())
    }
}
