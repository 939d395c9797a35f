use std::path::Path;

use seatrial_embedded::Defect;
use seatrial_record::ExitCode;
use seatrial_report::selfcheck::{print, write_selfcheck};

use super::{Done, chaos};
use crate::{
    args::{Cli, Lang, SelectArgs, SelfcheckArgs},
    commands::run::options,
    complaint::Complaint,
    home::{Home, Loaded},
    selfcheck::{Search, search},
};

const SEED: u64 = 1;

/// Plants one defect after the other and tells which check caught it. A defect that nothing catches where it should be
/// caught fails, and so does a scenario that catches nothing.
pub fn selfcheck(args: &SelfcheckArgs, cli: &Cli) -> Done {
    let defects = chosen(&args.defect)?;
    let select = SelectArgs { paths: args.paths.clone(), tdengine: Some(args.tdengine.clone()), manifests: None };
    let loaded = Home::find()?.load_for(&select)?;
    if args.under_faults {
        return by_faults(&loaded, args, &defects);
    }
    let plan = loaded.plan(&select, 1)?;
    let partial = !args.defect.is_empty() || !args.paths.paths.is_empty();
    let all = Search { defects: &defects, plan: &plan, loaded: &loaded, seed: SEED, full: args.full, partial };
    let found = search(&all)?;
    print!("{}", print(&found, &options(cli, Lang::En, Path::new(""))));
    if let Some(out) = &args.out {
        let page = write_selfcheck(out, &found).map_err(Complaint::environment)?;
        println!("  {}", page.display());
    }
    Ok(if found.unproved().is_empty() { ExitCode::Passed } else { ExitCode::Failed })
}

/// Tells of each defect which schedule of faults brings it out.
fn by_faults(loaded: &Loaded, args: &SelfcheckArgs, defects: &[Defect]) -> Done {
    let version = args.tdengine.parse().map_err(Complaint::usage)?;
    let sought = chaos::seek(loaded, version, defects)?;
    let proved = sought.iter().filter(|sought| sought.proved()).count();
    println!("Defects that cost rows or spoil the membership, under faults, on TDengine {version}");
    for sought in &sought {
        println!("{sought}");
    }
    println!("{proved} of {} as they should be", sought.len());
    Ok(match sought.len() {
        0 => return Err(Complaint::nothing("none of the defects is about rows or the membership")),
        all if all == proved => ExitCode::Passed,
        _ => ExitCode::Failed,
    })
}

fn chosen(names: &[String]) -> Result<Vec<Defect>, Complaint> {
    if names.is_empty() {
        return Ok(Defect::ALL.to_vec());
    }
    names.iter().map(|name| name.parse().map_err(Complaint::usage)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_defect_is_refused() {
        assert_eq!(chosen(&["nonsense".to_owned()]).unwrap_err().exit, ExitCode::Usage);
        assert_eq!(chosen(&["dnode-id-reused".to_owned()]).unwrap(), [Defect::DnodeIdReused]);
    }
}
