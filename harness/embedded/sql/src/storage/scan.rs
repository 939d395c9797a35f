use super::{
    Query, Target, VnodeData,
    accumulator::Accumulator,
    filter::{Place, View, order},
    query::{Output, Shape},
    vnode::TableData,
};
use crate::{Rows, Value, ast::Function};

/// What one vnode found for a [`Query`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partial {
    /// Rows with their times.
    rows: Vec<(i64, Vec<Value>)>,
    /// Groups by their keys, in order of the keys.
    groups: Vec<(Vec<Value>, Vec<Accumulator>)>,
}

impl VnodeData {
    /// What this vnode has for a query; empty if none of its tables is concerned.
    pub fn scan(&self, query: &Query) -> Partial {
        let mut partial = Partial::default();
        for (name, table) in &self.tables {
            let concerned = match &query.target {
                Target::Table(target) => name == target,
                Target::Super(parent) => table.parent.as_deref() == Some(parent.as_str()),
            };
            if concerned {
                query.scan_table(name, table, &mut partial);
            }
        }
        partial
    }
}

impl Query {
    fn scan_table(&self, name: &str, table: &TableData, partial: &mut Partial) {
        let view = |time, values| View { table: name, tags: &table.tags, time, values };
        if self.counts_tables() {
            self.add_to_group(view(0, &[]), partial);
            return;
        }
        if self.shape == Shape::Tables {
            let row = view(0, &[]);
            if self.filter.as_ref().is_none_or(|filter| filter.accepts(row)) {
                partial.rows.push((0, self.outputs_of(row)));
            }
            return;
        }
        let (first, last) = self.filter.as_ref().map_or((i64::MIN, i64::MAX), super::filter::Filter::times);
        if first > last {
            return;
        }
        for (time, values) in table.rows.range(first..=last) {
            let row = view(*time, values);
            if self.filter.as_ref().is_some_and(|filter| !filter.accepts(row)) {
                continue;
            }
            match self.shape {
                Shape::Groups(_) => self.add_to_group(row, partial),
                _ => partial.rows.push((*time, self.outputs_of(row))),
            }
        }
    }

    /// `count(tbname)` counts tables, whatever they hold.
    fn counts_tables(&self) -> bool {
        let counted = Some(Place::TableName);
        self.outputs
            .iter()
            .any(|output| matches!(output, Output::Aggregate { function: Function::Count, of, .. } if *of == counted))
    }

    fn outputs_of(&self, row: View<'_>) -> Vec<Value> {
        let value = |output: &Output| match output {
            Output::Value(place) => row.get(*place),
            Output::Constant(value) => value.clone(),
            Output::Aggregate { .. } => Value::Null,
        };
        self.outputs.iter().map(value).collect()
    }

    fn add_to_group(&self, row: View<'_>, partial: &mut Partial) {
        let Shape::Groups(places) = &self.shape else { return };
        let key: Vec<_> = places.iter().map(|place| row.get(*place)).collect();
        // A NULL in a column (not in a tag) belongs to no group.
        if places.iter().zip(&key).any(|(place, value)| !place.is_tag() && value.is_null()) {
            return;
        }
        let group = partial.group(key, || self.empty_group(Some(row)));
        for (output, accumulator) in self.outputs.iter().zip(group) {
            match output {
                Output::Aggregate { of: Some(place), .. } => accumulator.add(row.time, &row.get(*place)),
                // `count(*)` counts every row.
                Output::Aggregate { of: None, .. } => accumulator.add(row.time, &Value::Bool(true)),
                Output::Value(_) | Output::Constant(_) => {}
            }
        }
    }

    /// What a group begins with; `row` is one of its rows.
    fn empty_group(&self, row: Option<View<'_>>) -> Vec<Accumulator> {
        let empty = |output: &Output| match output {
            Output::Aggregate { function, float, .. } => Accumulator::new(*function, *float),
            Output::Value(place) => Accumulator::Same(row.map_or(Value::Null, |row| row.get(*place))),
            Output::Constant(value) => Accumulator::Same(value.clone()),
        };
        self.outputs.iter().map(empty).collect()
    }

    /// Puts the results of all vnodes together.
    pub fn finish(&self, partials: impl IntoIterator<Item = Partial>) -> Rows {
        let mut all = Partial::default();
        for partial in partials {
            all.rows.extend(partial.rows);
            for (key, accumulators) in partial.groups {
                let mut fresh = true;
                let group = all.group(key, || {
                    fresh = false;
                    accumulators.clone()
                });
                if fresh {
                    for (mine, theirs) in group.iter_mut().zip(accumulators) {
                        mine.merge(theirs);
                    }
                }
            }
        }
        let mut rows = if matches!(self.shape, Shape::Groups(_)) { self.group_rows(all) } else { self.plain_rows(all) };
        let mut columns = self.columns.clone();
        if let Some((at, hidden)) = self.by_output {
            let value = |row: &Vec<Value>| row.get(at).cloned().unwrap_or(Value::Null);
            rows.sort_by(|left, right| {
                let ascending = order(&value(left), &value(right));
                if self.descending { ascending.reverse() } else { ascending }
            });
            if hidden {
                columns.truncate(at);
                for row in &mut rows {
                    row.truncate(at);
                }
            }
        }
        if self.distinct && self.shape == Shape::Rows {
            let mut seen: Vec<Vec<Value>> = Vec::new();
            for row in rows {
                if !seen.contains(&row) {
                    seen.push(row);
                }
            }
            rows = seen;
        }
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let take = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        Rows { columns, rows: rows.into_iter().skip(skip).take(take).collect(), precision: self.precision }
    }

    fn group_rows(&self, all: Partial) -> Vec<Vec<Value>> {
        let mut groups = all.groups;
        if groups.is_empty() && self.always {
            groups.push((Vec::new(), self.empty_group(None)));
        }
        if self.descending && !self.by_time {
            groups.reverse();
        }
        groups.into_iter().map(|(_, group)| group.into_iter().map(Accumulator::finish).collect()).collect()
    }

    fn plain_rows(&self, mut all: Partial) -> Vec<Vec<Value>> {
        if self.shape == Shape::Tables {
            let by_first = |row: &(i64, Vec<Value>), other: &(i64, Vec<Value>)| {
                let last = |row: &(i64, Vec<Value>)| row.1.last().cloned().unwrap_or(Value::Null);
                order(&last(row), &last(other))
            };
            if matches!(self.outputs.as_slice(), [Output::Value(Place::Tag(_))]) || self.outputs.len() > 1 {
                all.rows.sort_by(by_first);
            }
            if self.distinct {
                all.rows.retain(|(_, row)| !row.iter().all(Value::is_null));
                all.rows.dedup();
            }
        } else if self.by_time {
            if self.descending {
                all.rows.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
            } else {
                all.rows.sort_by_key(|(time, _)| *time);
            }
        }
        all.rows.into_iter().map(|(_, row)| row).collect()
    }
}

impl Partial {
    /// The group of `key`, made by `make` if it is new.
    fn group(&mut self, key: Vec<Value>, make: impl FnOnce() -> Vec<Accumulator>) -> &mut Vec<Accumulator> {
        let by_key = |(have, _): &(Vec<Value>, Vec<Accumulator>)| {
            let orders = have.iter().zip(&key).map(|(left, right)| order(left, right));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        let at = match self.groups.binary_search_by(by_key) {
            Ok(at) => at,
            Err(at) => {
                self.groups.insert(at, (key, make()));
                at
            }
        };
        &mut self.groups[at].1
    }
}
