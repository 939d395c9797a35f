use std::{collections::BTreeMap, sync::Arc};

use seatrial_sql::shell::ServerStatus;
use tokio::time::{Duration, sleep};

use super::{container::Machine, disk_tools, network_tools, process_tools, userland::Streams};

/// Milliseconds of `taos --check`.
const CHECK: (u64, u64) = (230, 310);

/// Runs a program of the image; `None` if there is no such program.
pub(super) async fn run(
    machine: &Arc<Machine>,
    env: &BTreeMap<String, String>,
    name: &str,
    argv: Vec<String>,
    mut streams: Streams,
) -> Option<u8> {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    Some(match name {
        "taos" => machine.taos(argv, streams).await,
        "taosd" => machine.taosd(&streams).await,
        "taos-check" => check(machine, &streams).await,
        "true" | ":" => 0,
        "false" => 1,
        "echo" => {
            let (shown, end) = match words.split_first() {
                Some((&"-n", rest)) => (rest, ""),
                _ => (words.as_slice(), "\n"),
            };
            streams.print(&format!("{}{end}", shown.join(" "))).await;
            0
        }
        "cat" | "head" | "tail" | "grep" | "egrep" | "wc" | "sort" => filter(machine, name, &words, &mut streams).await,
        "ls" => list(machine, &words, &streams).await,
        "env" | "printenv" => {
            if name == "env" && words.first().is_some_and(|word| !word.contains('=')) {
                let rest: Vec<String> = argv.iter().skip(1).cloned().collect();
                return Some(Box::pin(super::userland::start(machine, env, rest, streams)).await);
            }
            return Some(environment(env, &words, &streams).await);
        }
        "hostname" => {
            let pod = &machine.context.pod;
            let text = match words.first() {
                Some(&("-f" | "--fqdn")) => machine.fqdn(),
                Some(&("-i" | "-I")) => pod.ip.to_string(),
                _ => pod.name.clone(),
            };
            streams.print(&format!("{text}\n")).await;
            0
        }
        "date" => {
            let now = machine.context.world.now_at(machine.context.pod.ip);
            let text = match words.first().and_then(|format| format.strip_prefix('+')) {
                Some(format) => now.strftime(format).to_string(),
                None => now.strftime("%a %b %e %H:%M:%S UTC %Y").to_string(),
            };
            streams.print(&format!("{text}\n")).await;
            0
        }
        "whoami" => {
            streams.print("root\n").await;
            0
        }
        "id" => {
            streams.print("uid=0(root) gid=0(root) groups=0(root)\n").await;
            0
        }
        "pwd" => {
            streams.print("/etc/taos\n").await;
            0
        }
        "nproc" => {
            streams.print(&format!("{}\n", machine.context.cores)).await;
            0
        }
        "uname" => {
            let all = format!("Linux {} 6.1.0 #1 SMP x86_64 GNU/Linux\n", machine.context.pod.name);
            streams.print(if words.is_empty() { "Linux\n" } else { &all }).await;
            0
        }
        "sleep" => {
            let seconds = words.first().and_then(|text| text.trim_end_matches('s').parse::<f64>().ok());
            if let Some(seconds) = seconds.filter(|seconds| (0.0..1e9).contains(seconds)) {
                sleep(Duration::from_secs_f64(seconds)).await;
                0
            } else {
                streams.complain("sleep: invalid time interval\n").await;
                1
            }
        }
        "touch" | "rm" | "mkdir" => change(machine, name, &words, &streams).await,
        "test" | "[" => test(machine, &words),
        "which" => {
            for program in &words {
                streams.print(&format!("/usr/bin/{program}\n")).await;
            }
            0
        }
        "dd" | "cksum" | "fallocate" | "stat" => disk_tools::run(machine, name, &words, &streams).await,
        "getent" | "nslookup" | "nc" => network_tools::run(machine, name, &words, &streams).await,
        "ps" | "pidof" | "pgrep" | "kill" | "pkill" | "killall" => {
            process_tools::run(machine, name, &words, &streams).await
        }
        _ => return None,
    })
}

/// The probe of the 3.x images: it fails while the server does not answer, or is about to end.
async fn check(machine: &Arc<Machine>, streams: &Streams) -> u8 {
    sleep(machine.chance("taos-check", CHECK)).await;
    let (status, _) = machine.client().server_status(None, None).await;
    let line = match status {
        ServerStatus::Unavailable => "0: unavailable\n",
        ServerStatus::Exiting => "4: exiting\n",
        _ => return 0,
    };
    streams.print(line).await;
    1
}

async fn environment(env: &BTreeMap<String, String>, names: &[&str], streams: &Streams) -> u8 {
    if let Some(name) = names.first() {
        let Some(value) = env.get(*name) else { return 1 };
        streams.print(&format!("{value}\n")).await;
        return 0;
    }
    for (name, value) in env {
        streams.print(&format!("{name}={value}\n")).await;
    }
    0
}

/// Programs that read files, or standard input, and print something of it.
async fn filter(machine: &Machine, name: &str, args: &[&str], streams: &mut Streams) -> u8 {
    let (mut flags, mut words): (Vec<&str>, Vec<&str>) =
        args.iter().partition(|arg| arg.starts_with('-') && arg.len() > 1);
    let mut count = 10_usize;
    if matches!(name, "head" | "tail") {
        if flags.contains(&"-n") && !words.is_empty() {
            count = words.remove(0).trim_start_matches('+').parse().unwrap_or(count);
        }
        flags.retain(|flag| *flag != "-f");
        let given = flags.iter().find_map(|flag| flag.trim_start_matches(['-', 'n']).parse().ok());
        count = given.unwrap_or(count);
    }
    let pattern = if name.ends_with("grep") && !words.is_empty() { words.remove(0) } else { "" };
    let mut text = String::new();
    let (mut code, mut size) = (0, 0);
    if words.is_empty() {
        let bytes = streams.input().await;
        size = bytes.len();
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    for path in words {
        if let Some(bytes) = machine.read(path) {
            size += bytes.len();
            text.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            let why = if machine.files.is_folder(path) { "Is a directory" } else { "No such file or directory" };
            streams.complain(&format!("{name}: {path}: {why}\n")).await;
            code = if name.ends_with("grep") { 2 } else { 1 };
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let chosen: Vec<&str> = match name {
        "head" => lines.iter().copied().take(count).collect(),
        "tail" => lines.iter().copied().skip(lines.len().saturating_sub(count)).collect(),
        "sort" => {
            let mut sorted = lines.clone();
            sorted.sort_unstable();
            sorted
        }
        "grep" | "egrep" => {
            let has = |letter: char| flags.iter().any(|flag| !flag.starts_with("--") && flag.contains(letter));
            let found: Vec<&str> =
                lines.iter().copied().filter(|line| matches(line, pattern, has('i')) != has('v')).collect();
            if found.is_empty() && code == 0 {
                code = 1;
            }
            if has('c') {
                streams.print(&format!("{}\n", found.len())).await;
                return code;
            }
            if has('q') { Vec::new() } else { found }
        }
        "wc" => {
            let count = if flags.contains(&"-c") { size } else { lines.len() };
            streams.print(&format!("{count}\n")).await;
            return code;
        }
        _ => {
            streams.print(&text).await;
            return code;
        }
    };
    if !chosen.is_empty() {
        streams.print(&format!("{}\n", chosen.join("\n"))).await;
    }
    code
}

/// `grep` without its regular expressions, but for `^`, `$` and alternatives.
fn matches(line: &str, pattern: &str, any_case: bool) -> bool {
    let (line, pattern) =
        if any_case { (line.to_lowercase(), pattern.to_lowercase()) } else { (line.to_owned(), pattern.to_owned()) };
    let normal = pattern.replace("\\|", "|");
    normal.split('|').any(|part| match (part.strip_prefix('^'), part.strip_suffix('$')) {
        (Some(start), _) => line.starts_with(start),
        (None, Some(end)) => line.ends_with(end),
        (None, None) => line.contains(part),
    })
}

async fn list(machine: &Machine, args: &[&str], streams: &Streams) -> u8 {
    let (flags, mut paths): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| arg.starts_with('-'));
    if paths.is_empty() {
        paths.push("/etc/taos");
    }
    let long = flags.iter().any(|flag| flag.contains('l'));
    let one = long || flags.iter().any(|flag| flag.contains('1')) || !streams.tty;
    let mut code = 0;
    for path in &paths {
        let folder = machine.files.is_folder(path);
        let names = if folder {
            machine.files.list(path)
        } else if machine.read(path).is_some() {
            vec![(*path).to_owned()]
        } else {
            streams.complain(&format!("ls: cannot access '{path}': No such file or directory\n")).await;
            code = 2;
            continue;
        };
        let mut text = if paths.len() > 1 && folder { format!("{path}:\n") } else { String::new() };
        let line = |name: &String| {
            let full = if folder { format!("{}/{name}", path.trim_end_matches('/')) } else { name.clone() };
            if !long {
                return name.clone();
            }
            let size = machine.read(&full).map_or(4_096, |bytes| bytes.len());
            let kind = if machine.files.is_folder(&full) { "drwxr-xr-x 2" } else { "-rw-r--r-- 1" };
            let time = machine.context.world.clock.now().strftime("%b %e %H:%M");
            format!("{kind} root root {size:>5} {time} {name}")
        };
        let lines: Vec<String> = names.iter().map(line).collect();
        text.push_str(&lines.join(if one { "\n" } else { "  " }));
        if !lines.is_empty() {
            text.push('\n');
        }
        streams.print(&text).await;
    }
    code
}

async fn change(machine: &Machine, name: &str, args: &[&str], streams: &Streams) -> u8 {
    let mut code = 0;
    let force = args.iter().any(|arg| arg.starts_with('-') && arg.contains('f'));
    let recursive = args.iter().any(|arg| arg.starts_with('-') && (arg.contains('r') || arg.contains('R')));
    for path in args.iter().filter(|arg| !arg.starts_with('-')) {
        let problem = match name {
            "mkdir" => {
                machine.files.make_folder(path);
                None
            }
            "touch" => {
                let bytes = machine.read(path).unwrap_or_default();
                machine.files.write(path, bytes).err().map(|why| format!("touch: cannot touch '{path}': {why}"))
            }
            _ if !machine.files.exists(path) => {
                (!force).then(|| format!("rm: cannot remove '{path}': No such file or directory"))
            }
            _ if machine.files.is_folder(path) && !recursive => {
                Some(format!("rm: cannot remove '{path}': Is a directory"))
            }
            _ => {
                machine.files.remove(path);
                None
            }
        };
        if let Some(problem) = problem {
            streams.complain(&format!("{problem}\n")).await;
            code = 1;
        }
    }
    code
}

fn test(machine: &Machine, args: &[&str]) -> u8 {
    let args: Vec<&str> = args.iter().copied().filter(|arg| *arg != "]").collect();
    let (negated, args) = match args.split_first() {
        Some((&"!", rest)) => (true, rest),
        _ => (false, args.as_slice()),
    };
    let holds = match args {
        ["-f", path] => machine.read(path).is_some(),
        ["-d", path] => machine.files.is_folder(path),
        ["-e", path] => machine.read(path).is_some() || machine.files.exists(path),
        ["-s", path] => machine.read(path).is_some_and(|bytes| !bytes.is_empty()),
        ["-n", text] | [text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "-eq", right] => left.parse::<i64>().ok() == right.parse::<i64>().ok(),
        [left, "-ne", right] => left.parse::<i64>().ok() != right.parse::<i64>().ok(),
        _ => false,
    };
    u8::from(holds == negated)
}
