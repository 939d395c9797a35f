//! `report.json`: the run for machines, with a published schema.

mod build;
mod chaos;
mod shape;

pub use build::report;
pub use chaos::{FaultReport, RecoveryReport, WorkloadReport};
pub use shape::{
    AttemptReport, CheckReport, ClaimReport, DetailReport, EvidenceReport, FindingReport, NoticeReport, Report,
    RunReport, ScenarioReport, SeenByReport, SkipReport, StepReport,
};

/// Name and version of the format. Fields may be added within a version, left out where there is nothing to say, so that
/// older reports keep to the newest schema; none changes its meaning or goes.
pub const SCHEMA: &str = "seatrial-report/1";

/// The JSON schema of `report.json`, as the file in this crate's `schema` folder has it.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Report>();
    // A schema is plain JSON: it cannot fail to be written.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
