use std::{future::pending, io::Write, path::PathBuf};

use jiff::Timestamp;
use seatrial_embedded::{Clock, EmbeddedCluster, Options, ServeOptions, Serving, serving_runtime};
use seatrial_record::ExitCode;
use seatrial_taos::Version;

use super::Done;
use crate::{args::ServeArgs, complaint::Complaint, interrupt};

/// Serves an embedded cluster until Ctrl-C.
pub fn serve(args: &ServeArgs) -> Done {
    let interrupted = interrupt::watch();
    let runtime = serving_runtime().map_err(Complaint::environment)?;
    runtime.block_on(async {
        // kubectl computes ages from the machine's clock, so the cluster's starts there.
        let options = Options {
            workers: args.workers,
            clock: Clock::starting_at(Timestamp::now()),
            ..Options::new(args.seed, &args.tdengine)
        };
        let cluster = EmbeddedCluster::boot(&options).map_err(Complaint::usage)?;
        let kubeconfig = args.kubeconfig.clone().unwrap_or_else(own_file);
        let served = ServeOptions { port: args.port, kubeconfig, speed: args.speed };
        let serving = Serving::open(cluster.server().clone(), &served).await.map_err(Complaint::environment)?;
        tell(&serving, args);
        let mut interrupted = interrupted;
        tokio::select! {
            () = serving.run() => {}
            stopped = interrupted.wait_for(|stop| *stop) => {
                if stopped.is_err() {
                    // No signal can be listened for: only an end of the process ends it.
                    pending::<()>().await;
                }
            }
        }
        Ok(ExitCode::Passed)
    })
}

fn own_file() -> PathBuf {
    std::env::temp_dir().join(format!("seatrial-{}.kubeconfig", std::process::id()))
}

fn tell(serving: &Serving, args: &ServeArgs) {
    println!("TDengine {} on an embedded Kubernetes at https://{}", args.tdengine, serving.address());
    println!("  export KUBECONFIG={}", serving.kubeconfig().display());
    let document =
        args.tdengine.parse().map_or("doc-2x", |Version(major, ..)| if major < 3 { "doc-2x" } else { "doc-3x" });
    println!("  kubectl apply -f fixtures/{document}/doc");
    println!("Ctrl-C ends it and forgets everything.");
    // A pipe would otherwise keep the lines back.
    let _ = std::io::stdout().flush();
}
