use std::path::Path;

use seatrial_embedded::Defect;
use seatrial_record::ExitCode;
use seatrial_report::selfcheck::{print, write_selfcheck};

use super::Done;
use crate::{
    args::{Cli, Lang, SelectArgs, SelfcheckArgs},
    commands::run::options,
    complaint::Complaint,
    home::Home,
    selfcheck::{Search, search},
};

const SEED: u64 = 1;

/// Plants one defect after the other and tells which check caught it. A defect that nothing catches where it should be
/// caught fails, and so does a scenario that catches nothing.
pub fn selfcheck(args: &SelfcheckArgs, cli: &Cli) -> Done {
    let defects = chosen(&args.defect)?;
    let select = SelectArgs { paths: args.paths.clone(), tdengine: Some(args.tdengine.clone()), manifests: None };
    let loaded = Home::find()?.load_for(&select)?;
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
