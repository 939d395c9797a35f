use k8s_openapi::{api::core::v1::Probe, apimachinery::pkg::util::intstr::IntOrString};

use super::{names::port_name, not_negative, one_of, port_number};
use crate::Cause;

/// Checks a probe; `kind` is its field's name.
pub(super) fn probe(faults: &mut Vec<Cause>, field: &str, probe: &Probe, kind: &str) {
    let at = |child: &str| format!("{field}.{child}");
    let handlers = [probe.exec.is_some(), probe.http_get.is_some(), probe.tcp_socket.is_some(), probe.grpc.is_some()];
    match handlers.into_iter().filter(|given| *given).count() {
        0 => faults.push(Cause::required(field, "must specify a handler type")),
        1 => {}
        _ => faults.push(Cause::forbidden(field, "may not specify more than 1 handler type")),
    }
    if probe.exec.as_ref().is_some_and(|exec| exec.command.as_ref().is_none_or(Vec::is_empty)) {
        faults.push(Cause::required(at("exec.command"), ""));
    }
    if let Some(get) = &probe.http_get {
        if get.path.as_deref().unwrap_or_default().is_empty() {
            faults.push(Cause::required(at("httpGet.path"), ""));
        }
        port(faults, &at("httpGet.port"), &get.port);
        one_of(faults, at("httpGet.scheme"), get.scheme.as_deref(), &["HTTP", "HTTPS"]);
    }
    if let Some(socket) = &probe.tcp_socket {
        port(faults, &at("tcpSocket.port"), &socket.port);
    }
    let numbers = [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ];
    for (name, number) in numbers {
        not_negative(faults, at(name), number.map(i64::from));
    }
    if kind != "readinessProbe"
        && let Some(threshold) = probe.success_threshold.filter(|threshold| *threshold > 1)
    {
        faults.push(Cause::invalid(at("successThreshold"), &threshold.into(), "must be 1"));
    }
}

fn port(faults: &mut Vec<Cause>, field: &str, port: &IntOrString) {
    match port {
        IntOrString::Int(number) => port_number(faults, field, *number),
        IntOrString::String(name) => port_name(faults, field, name),
    }
}
