//! The addresses that a bot listens on, of which the system knows.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The addresses on this machine on which the processes of the group, or descendants of its leader, listen; one for each
/// port. There are none where the system does not tell.
pub(super) async fn listening(leader: u32) -> Vec<SocketAddr> {
    reachable(system::listening(leader).await)
}

/// Those that can be reached here, one for each port: the unspecified address includes the loopback address.
fn reachable(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut by_port = BTreeMap::new();
    for address in found {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip if ip.is_loopback() => ip,
            _ => continue,
        };
        // A bot that listens on both is asked with IPv4.
        let of_port = by_port.entry(address.port()).or_insert(ip);
        *of_port = (*of_port).min(ip);
    }
    by_port.into_iter().map(|(port, ip)| SocketAddr::new(ip, port)).collect()
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashSet;
    use std::fs;
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::path::Path;

    /// The state of a socket that listens, in `/proc/net/tcp`.
    const LISTEN: &str = "0A";

    #[allow(clippy::unused_async, reason = "other systems have to ask a program")]
    pub(super) async fn listening(leader: u32) -> Vec<SocketAddr> {
        let processes = processes_of(leader);
        let sockets: HashSet<String> = processes.iter().flat_map(|process| sockets_of(*process)).collect();
        // The tables are those of the network that the process is in.
        let Some(process) = processes.first().filter(|_| !sockets.is_empty()) else { return Vec::new() };
        let table = |name| fs::read_to_string(format!("/proc/{process}/net/{name}")).unwrap_or_default();
        let tables = [table("tcp"), table("tcp6")];
        let lines = tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(listening_socket);
        lines.filter(|(_, socket)| sockets.contains(*socket)).map(|(address, _)| address).collect()
    }

    /// The group's processes, and the leader's descendants, which can have other groups.
    fn processes_of(leader: u32) -> Vec<u32> {
        let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
        let ids = folders.flatten().filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
        let mut others: Vec<_> = ids
            .filter_map(|id| parent_and_group(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?, id))
            .collect();
        let mut own = Vec::new();
        loop {
            let is_own = |&(id, parent, group): &(u32, u32, u32)| {
                id == leader || group == leader || own.contains(&parent)
            };
            let (found, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(is_own);
            if found.is_empty() {
                return own;
            }
            own.extend(found.iter().map(|(id, ..)| id));
            others = rest;
        }
    }

    /// The id with its parent and group: the second and third field behind the name, which can have brackets and spaces.
    pub(super) fn parent_and_group(stat: &str, id: u32) -> Option<(u32, u32, u32)> {
        let (_, fields) = stat.rsplit_once(')')?;
        let mut numbers = fields.split_whitespace().skip(1).map(str::parse);
        Some((id, numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// The inodes of its sockets.
    fn sockets_of(process: u32) -> Vec<String> {
        let Ok(files) = fs::read_dir(Path::new("/proc").join(process.to_string()).join("fd")) else {
            return Vec::new();
        };
        let links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        let socket =
            |link: &Path| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
        links.filter_map(|link| socket(&link)).collect()
    }

    /// The address and the inode of a line of `/proc/net/tcp` whose socket listens.
    pub(super) fn listening_socket(line: &str) -> Option<(SocketAddr, &str)> {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (local, state, socket) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let (ip, port) = local.split_once(':').filter(|_| *state == LISTEN)?;
        let port = u16::from_str_radix(port, 16).ok()?;
        // Words of 32 bits in the order of this machine, which hold bytes in the network's.
        let mut bytes = Vec::new();
        for at in (0..ip.len()).step_by(8) {
            bytes.extend(u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
        }
        let ip = match <[u8; 4]>::try_from(&bytes[..]) {
            Ok(v4) => Ipv4Addr::from(v4).into(),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(&bytes[..]).ok()?).to_canonical(),
        };
        Some((SocketAddr::new(ip, port), socket))
    }
}

#[cfg(target_os = "macos")]
mod system {
    use std::net::SocketAddr;
    use std::process::Stdio;

    use tokio::process::Command;

    pub(super) async fn listening(leader: u32) -> Vec<SocketAddr> {
        let mut command = Command::new("lsof");
        command.args(["-nP", "-a", "-g", &leader.to_string(), "-iTCP", "-sTCP:LISTEN", "-Fn"]);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
        output.map_or_else(|_| Vec::new(), |output| super::in_lsof(&String::from_utf8_lossy(&output.stdout)))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use std::net::SocketAddr;

    pub(super) async fn listening(_: u32) -> Vec<SocketAddr> {
        Vec::new()
    }
}

/// The addresses in the output of `lsof -Fn`: `n127.0.0.1:3000`, `n[::1]:3000` or, for any address, `n*:3000`.
#[cfg(any(target_os = "macos", test))]
fn in_lsof(output: &str) -> Vec<SocketAddr> {
    let names = output.lines().filter_map(|line| line.strip_prefix('n'));
    names.filter_map(|name| name.replacen('*', "0.0.0.0", 1).parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn each_port_of_this_machine_is_found_once() {
        let found =
            addresses(&["[::]:3000", "0.0.0.0:3000", "[::1]:9000", "127.0.0.1:4000", "192.0.2.1:5000"]);
        assert_eq!(reachable(found), addresses(&["127.0.0.1:3000", "127.0.0.1:4000", "[::1]:9000"]));
    }

    #[test]
    fn lsof_is_understood() {
        let found = in_lsof("p12\nf8\nn127.0.0.1:3000\nf9\nn[::1]:3001\nf10\nn*:3002\nnsomething else\n");
        assert_eq!(found, addresses(&["127.0.0.1:3000", "[::1]:3001", "0.0.0.0:3002"]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_tables_of_linux_are_understood() {
        let line = "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4711 1";
        if cfg!(target_endian = "little") {
            assert_eq!(system::listening_socket(line), Some((([127, 0, 0, 1], 3000).into(), "4711")));
        }
        assert_eq!(system::listening_socket(&line.replace(" 0A ", " 01 ")), None, "it is connected");
        assert_eq!(system::listening_socket("sl local_address"), None);
        assert_eq!(system::parent_and_group("7 (a) b (c) S 5 6 7 0", 7), Some((7, 5, 6)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_socket_of_this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        assert!(listening(std::process::id()).await.contains(&address));
    }
}
