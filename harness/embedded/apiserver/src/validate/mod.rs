mod cluster;
mod containers;
mod names;
mod pod;
mod probes;
mod service;
mod statefulset;
mod storage;
mod volumes;

use crate::Cause;

/// Says what is wrong with an object, in the API server's words.
pub(crate) trait Validate {
    fn validate(&self, faults: &mut Vec<Cause>);

    fn validate_update(&self, _old: &Self, _faults: &mut Vec<Cause>)
    where
        Self: Sized,
    {
    }
}

const IMMUTABLE: &str = "field is immutable";

/// Adds a fault unless `value` is one of `known`, which is in the order of the alphabet.
fn one_of(faults: &mut Vec<Cause>, field: impl Into<String>, value: Option<&str>, known: &[&str]) {
    let value = value.unwrap_or_default();
    if !known.contains(&value) {
        faults.push(Cause::unsupported(field, value, known));
    }
}

fn not_negative(faults: &mut Vec<Cause>, field: impl Into<String>, value: Option<i64>) {
    if let Some(value) = value.filter(|value| *value < 0) {
        faults.push(Cause::invalid(field, &value.into(), "must be greater than or equal to 0"));
    }
}

fn port_number(faults: &mut Vec<Cause>, field: impl Into<String>, port: i32) {
    if !(1..=65_535).contains(&port) {
        faults.push(Cause::invalid(field, &port.into(), "must be between 1 and 65535, inclusive"));
    }
}
