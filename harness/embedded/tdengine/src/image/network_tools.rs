use std::net::Ipv4Addr;

use super::{container::Machine, userland::Streams};

/// `getent`, `nslookup`, `nc -z`.
pub(super) async fn run(machine: &Machine, name: &str, args: &[&str], streams: &Streams) -> u8 {
    let words: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('-')).collect();
    match name {
        "getent" => {
            if let ["hosts" | "ahosts", names @ ..] = words.as_slice() {
                let mut code = 0;
                for name in names {
                    machine.wait_for_name(name).await;
                    match machine.lookup(name) {
                        Some(ip) => streams.print(&format!("{ip:<15} {name}\n")).await,
                        None => code = 2,
                    }
                }
                code
            } else {
                streams.complain("getent: wrong number of arguments\n").await;
                1
            }
        }
        "nslookup" => {
            let Some(name) = words.first() else { return 1 };
            streams.print("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n").await;
            machine.wait_for_name(name).await;
            // It asks the name server, not the hosts file.
            let found = machine.lookup_dns(name);
            if let Some(ip) = found {
                streams.print(&format!("Name:\t{name}\nAddress: {ip}\n\n")).await;
                0
            } else {
                streams.print(&format!("** server can't find {name}: NXDOMAIN\n\n")).await;
                1
            }
        }
        _ => {
            let (Some(host), Some(port)) = (words.first(), words.get(1).and_then(|port| port.parse().ok())) else {
                return 1;
            };
            let ip: Option<Ipv4Addr> = machine.lookup(host);
            let open =
                ip.is_some_and(|ip| machine.context.world.network.connect(machine.context.pod.ip, ip, port).is_ok());
            u8::from(!open)
        }
    }
}
