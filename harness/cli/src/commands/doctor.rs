use seatrial_environments::{Depth, Finding, KubeconfigEnvironment, Level, ProbeLimits, Tools, doctor as look, probe};
use seatrial_record::ExitCode;

use super::Done;
use crate::{
    args::{DoctorArgs, Env, EnvironmentArgs},
    complaint::Complaint,
    ground, runtime,
};

/// Looks whether a run can be done.
pub fn doctor(args: &DoctorArgs) -> Done {
    let environment = EnvironmentArgs { env: args.environment.env.or(Some(Env::Kind)), ..args.environment.clone() };
    if let Some(text) = environment.misplaced() {
        return Err(Complaint::usage(text));
    }
    runtime::real_time(async {
        match environment.env() {
            Env::Embedded => {
                println!("the embedded cluster is part of this program: it needs nothing else");
                Ok(ExitCode::Passed)
            }
            Env::Kind => on_docker(&environment, args.tdengine.as_deref()).await,
            Env::Kubeconfig => by_context(&environment).await,
        }
    })
    .map_err(Complaint::environment)?
}

async fn on_docker(args: &EnvironmentArgs, tdengine: Option<&str>) -> Done {
    let tools = Tools::from_env();
    let image = args.image_or_default(tdengine);
    let mut needs = ground::needs(args, &ground::config(args)?);
    needs.image = args.image_archive.is_none().then(|| image.clone());
    let diagnosis = look(&tools, &needs).await;
    print!("{diagnosis}");
    let there = diagnosis.find("image").is_some_and(|finding: &Finding| finding.level == Level::Ok);
    if there {
        println!();
        let report = probe(&tools, &image, Depth::Contract, &ProbeLimits::default()).await?;
        print!("{report}");
    }
    Ok(if diagnosis.worst() == Level::Fail { ExitCode::Environment } else { ExitCode::Passed })
}

async fn by_context(args: &EnvironmentArgs) -> Done {
    let environment = KubeconfigEnvironment::start(ground::context(args)).await?;
    println!("ok    context      {}", environment.context());
    println!("ok    permissions  all that a run needs");
    println!("ok    storage      class {}", environment.storage_class());
    Ok(ExitCode::Passed)
}
