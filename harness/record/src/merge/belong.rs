use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    path::PathBuf,
};

use thiserror::Error;

use super::Part;
use crate::{Body, RunStarted, Shard, WriteError};

/// Why shards cannot be joined.
#[derive(Debug, Error)]
pub enum MergeError {
    /// It does not begin with the start of a run.
    #[error("{} does not begin with the start of a run", .0.display())]
    NoStart(PathBuf),
    /// It is a whole run.
    #[error("{} is not a shard: it was run without `--shard`, so there is nothing to join it with", .0.display())]
    NotAShard(PathBuf),
    /// Two are of different runs.
    #[error("{} and {} are not shards of one run: the {what} differs\n  {one}\n  {other}", .paths.0.display(), .paths.1.display())]
    Differ {
        /// Where they are.
        paths: (PathBuf, PathBuf),
        /// What differs.
        what: &'static str,
        /// What it is in the first.
        one: String,
        /// What it is in the second.
        other: String,
    },
    /// Two are the same shard.
    #[error("{} and {} are both shard {index}/{count}", .paths.0.display(), .paths.1.display())]
    Twice {
        /// Where they are.
        paths: (PathBuf, PathBuf),
        /// The number of the shard.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// Some are not there.
    #[error("of {count} shards there are {}; {missing} missing", .count - u32::try_from(.indexes.len()).unwrap_or(0), missing = missing(.indexes, *.count))]
    Missing {
        /// Those that are not there.
        indexes: Vec<u32>,
        /// How many there are.
        count: u32,
    },
    /// The events cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn missing(indexes: &[u32], count: u32) -> String {
    let names: Vec<_> = indexes.iter().map(|index| format!("{index}/{count}")).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// How a shard begins.
pub(super) struct Start<'a> {
    part: &'a Part,
    run: &'a RunStarted,
    shard: &'a Shard,
}

pub(super) fn starts(parts: &[Part]) -> Result<Vec<Start<'_>>, MergeError> {
    let start = |part| match Part::start(part) {
        None => Err(MergeError::NoStart(part.path.clone())),
        Some(run) => match &run.shard {
            None => Err(MergeError::NotAShard(part.path.clone())),
            Some(shard) => Ok(Start { part, run, shard }),
        },
    };
    let mut starts: Vec<_> = parts.iter().map(start).collect::<Result<_, _>>()?;
    starts.sort_by_key(|start| start.shard.index);
    Ok(starts)
}

impl Part {
    fn start(&self) -> Option<&RunStarted> {
        match &self.events.first()?.body {
            Body::RunStarted(start) => Some(start),
            _ => None,
        }
    }
}

impl Start<'_> {
    /// The command that repeats the whole run.
    fn replay(&self) -> String {
        self.run.replay.replace(&format!(" --shard {}/{}", self.shard.index, self.shard.count), "")
    }

    fn paths(&self, other: &Self) -> (PathBuf, PathBuf) {
        (self.part.path.clone(), other.part.path.clone())
    }

    fn same<T: PartialEq + Debug>(
        &self,
        other: &Self,
        what: &'static str,
        of: impl Fn(&Self) -> T,
    ) -> Result<(), MergeError> {
        let (one, two) = (of(self), of(other));
        if one == two {
            return Ok(());
        }
        Err(MergeError::Differ { paths: self.paths(other), what, one: format!("{one:?}"), other: format!("{two:?}") })
    }
}

pub(super) fn belong_together(starts: &[Start<'_>]) -> Result<(), MergeError> {
    let Some((first, rest)) = starts.split_first() else { return Ok(()) };
    for other in rest {
        first.same(other, "version of Seatrial", |start| start.run.seatrial.clone())?;
        first.same(other, "environment", |start| start.run.environment.clone())?;
        first.same(other, "version of Kubernetes", |start| start.run.kubernetes.clone())?;
        first.same(other, "version of TDengine", |start| start.run.tdengine.clone())?;
        first.same(other, "image", |start| start.run.image.clone())?;
        first.same(other, "seed", |start| start.run.seed)?;
        first.same(other, "number of shards", |start| start.shard.count)?;
        first.same(other, "command", Start::replay)?;
        first.same(other, "ledger of claims", |start| {
            start.run.claims.iter().map(|claim| claim.id.clone()).collect::<Vec<_>>()
        })?;
    }
    for (one, other) in starts.iter().zip(rest) {
        if one.shard.index == other.shard.index {
            let Shard { index, count, .. } = *one.shard;
            return Err(MergeError::Twice { paths: one.paths(other), index, count });
        }
    }
    let there: BTreeSet<u32> = starts.iter().map(|start| start.shard.index).collect();
    let count = first.shard.count;
    let indexes: Vec<u32> = (1..=count).filter(|index| !there.contains(index)).collect();
    if indexes.is_empty() { Ok(()) } else { Err(MergeError::Missing { indexes, count }) }
}

/// The start of the whole run.
pub(super) fn whole(starts: &[Start<'_>]) -> Option<RunStarted> {
    let first = starts.first()?;
    let placed = starts.iter().flat_map(|start| start.shard.places.iter().zip(&start.run.scenarios));
    let placed: BTreeMap<u32, _> = placed.map(|(place, planned)| (*place, planned.clone())).collect();
    Some(RunStarted {
        replay: first.replay(),
        scenarios: placed.into_values().collect(),
        shard: None,
        ..first.run.clone()
    })
}
