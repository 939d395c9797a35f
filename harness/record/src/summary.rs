use crate::{Blame, ExitCode, RunFinished, ScenarioFinished, Verdict};

impl RunFinished {
    /// How a run ended whose scenarios ended so, in the order of the plan.
    pub fn of<'a>(ends: impl IntoIterator<Item = &'a ScenarioFinished>, interrupted: bool) -> Self {
        let ends: Vec<_> = ends.into_iter().collect();
        let verdict = Verdict::worst(ends.iter().filter_map(|end| end.verdict));
        let worst = ends.iter().find(|end| end.verdict == verdict && verdict != Some(Verdict::Pass));
        let reason = match (verdict, worst) {
            (None, _) => "nothing was checked".to_owned(),
            (_, Some(end)) => format!("{}: {}", end.scenario, end.reason),
            (_, None) if interrupted => "it was interrupted".to_owned(),
            (_, None) => String::new(),
        };
        // What was not run because somebody stopped it was not said to be good.
        let verdict = if interrupted { verdict.map(|verdict| verdict.max(Verdict::Unknown)) } else { verdict };
        let exit = match ExitCode::of(verdict) {
            ExitCode::Unknown | ExitCode::NothingChecked
                if ends.iter().any(|end| end.blame == Some(Blame::Environment)) =>
            {
                ExitCode::Environment
            }
            exit => exit,
        };
        Self { verdict, reason, exit, interrupted }
    }
}
