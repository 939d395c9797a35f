//! Clocks that are wrong.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{FaultError, Injector, Rule, Site, SkewClock, acts::COMMAND};

/// Seconds by which two looks at a clock may differ from what they should: each is told in whole seconds, and a look takes
/// its time.
const FUZZY: i64 = 3;

/// Clocks as they were.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    /// What each showed, in seconds, and when.
    before: BTreeMap<u32, (i64, Instant)>,
    /// Seconds by which they are fast since.
    by: i64,
    /// How that is done.
    pub rules: Vec<Rule>,
}

impl Injector {
    pub(super) async fn skew(&self, SkewClock { pod, by }: &SkewClock) -> Result<Clocks, FaultError> {
        let (mut before, mut rules) = (BTreeMap::new(), Vec::new());
        for (ordinal, pod) in self.meant(pod).await? {
            before.insert(ordinal, (self.clock(ordinal).await?, Instant::now()));
            rules.push(Rule::Clock { at: Site::spot(&pod)?, by_ms: by.ms() });
        }
        self.lay_all(&rules).await?;
        Ok(Clocks { before, by: by.ms() / 1_000, rules })
    }

    async fn clock(&self, ordinal: u32) -> Result<i64, FaultError> {
        let (_, text) = self.site.exec(ordinal, &["date", "+%s"], COMMAND).await?;
        text.parse().map_err(|_| FaultError::nobody(format!("{} tells no time: {text}", self.site.pod(ordinal))))
    }

    /// That the clocks are `by` seconds fast compared with what they were.
    async fn all_are_off(&self, clocks: &Clocks, by: i64) -> Result<Option<String>, FaultError> {
        let mut seen = Vec::new();
        for (ordinal, (then, at)) in &clocks.before {
            let now = self.clock(*ordinal).await?;
            let passed = i64::try_from(at.elapsed().as_secs()).unwrap_or(i64::MAX);
            let off = now - then - passed;
            if (off - by).abs() > FUZZY {
                return Ok(None);
            }
            seen.push(format!("the clock of {} went {} s on in {passed} s", self.site.pod(*ordinal), now - then));
        }
        Ok(Some(seen.join("; ")))
    }

    pub(super) async fn clocks_are_off(&self, clocks: &Clocks) -> Result<Option<String>, FaultError> {
        self.all_are_off(clocks, clocks.by).await
    }

    pub(super) async fn clocks_are_right(&self, clocks: &Clocks) -> Result<Option<String>, FaultError> {
        self.all_are_off(clocks, 0).await
    }
}
