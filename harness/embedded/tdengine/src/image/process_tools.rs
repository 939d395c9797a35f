use std::fmt::Write as _;

use super::{
    container::{Machine, ToServer},
    userland::Streams,
};

/// `ps`, `pidof`, `kill` and their like.
pub(super) async fn run(machine: &Machine, name: &str, args: &[&str], streams: &Streams) -> u8 {
    let words: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('-')).collect();
    let flags: Vec<&str> = args.iter().copied().filter(|arg| arg.starts_with('-')).collect();
    let server = machine.server_pid();
    match name {
        "ps" => {
            let time = machine.context.world.clock.now().strftime("%H:%M").to_string();
            let mut text = "UID          PID    PPID  C STIME TTY          TIME CMD\n".to_owned();
            let mut line = |pid: u32, parent: u32, command: &str| {
                // Writing to a string does not fail.
                let _ = writeln!(text, "root     {pid:>7} {parent:>7}  0 {time} ?        00:00:00 {command}");
            };
            line(1, 0, "/bin/bash /usr/bin/entrypoint.sh taosd");
            if let Some(pid) = server {
                line(pid, 1, "taosd");
            }
            line(server.unwrap_or(1) + 30, 0, "ps");
            streams.print(&text).await;
            0
        }
        "pidof" | "pgrep" => match server.filter(|_| words.iter().any(|word| "taosd".contains(word))) {
            Some(pid) => {
                streams.print(&format!("{pid}\n")).await;
                0
            }
            None => 1,
        },
        "kill" => {
            // `kill -s KILL 1` has the signal as a word of its own.
            let signal = flags.first().map_or("TERM", |flag| flag.trim_start_matches('-'));
            let (signal, pids) = if signal == "s" {
                (words.first().copied().unwrap_or("TERM"), words.get(1..))
            } else {
                (signal, Some(words.as_slice()))
            };
            let mut code = 0;
            for word in pids.unwrap_or_default() {
                let pid: Option<u32> = word.parse().ok();
                if pid.is_some() && pid == server {
                    machine.signal_server(signal_of(signal));
                } else if pid != Some(1) {
                    streams.complain("sh: 1: kill: No such process\n").await;
                    code = 1;
                }
            }
            code
        }
        _ => {
            let signal = flags.first().map_or("TERM", |flag| flag.trim_start_matches('-'));
            if server.is_some() && words.contains(&"taosd") {
                machine.signal_server(signal_of(signal));
                0
            } else {
                1
            }
        }
    }
}

fn signal_of(name: &str) -> ToServer {
    match name.trim_start_matches("SIG") {
        "9" | "KILL" => ToServer::Kill,
        "19" | "STOP" => ToServer::Stop,
        "18" | "CONT" => ToServer::Continue,
        _ => ToServer::Term,
    }
}
