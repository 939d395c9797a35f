use seatrial_record::ExitCode;

use crate::args::{SchemaArgs, SchemaOf};

/// Prints a JSON schema.
pub fn schema(args: &SchemaArgs) -> ExitCode {
    let text = match args.of {
        SchemaOf::Scenario => seatrial_engine::scenario::schema(),
        SchemaOf::Report => seatrial_report::schema(),
        SchemaOf::Policy => crate::qualify::schema(),
    };
    super::show(&format!("{}\n", text.trim_end()));
    ExitCode::Passed
}
