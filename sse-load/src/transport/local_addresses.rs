//! The addresses of this machine that connections are opened from.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};

use super::connector::AnyError;

/// Addresses of this machine whose turn it is one after the other: each has local ports of its own.
#[derive(Debug)]
pub(super) struct LocalAddresses {
    addresses: Box<[IpAddr]>,
    /// Turns so far. Clients have theirs apart, so that a user that has both does not always have them from the same two addresses.
    connections: AtomicUsize,
    clients: AtomicUsize,
}

/// Addresses that no connection can be opened from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LocalAddressError {
    #[error("`Connections::local_addresses` was given none: expected addresses of this machine")]
    Empty,
    #[error(
        "no connection can be opened from {address} (`Connections::local_addresses` or SSE_LOAD_LOCAL_ADDRESSES): {reason}; expected \
         an address that this machine has"
    )]
    NotLocal { address: IpAddr, reason: String },
    #[error(
        "the server has {server} addresses alone, and those of `Connections::local_addresses` are {local}: add one of {server}"
    )]
    OtherFamily { server: &'static str, local: &'static str },
}

impl LocalAddresses {
    pub(super) fn new(addresses: impl Iterator<Item = IpAddr>) -> Self {
        Self { addresses: addresses.collect(), connections: AtomicUsize::new(0), clients: AtomicUsize::new(0) }
    }

    /// Whether this machine has all of them.
    pub(super) fn check(&self) -> Result<(), LocalAddressError> {
        if self.addresses.is_empty() {
            return Err(LocalAddressError::Empty);
        }
        self.addresses.iter().try_for_each(|&address| match UdpSocket::bind((address, 0)) {
            Ok(_) => Ok(()),
            Err(error) => Err(LocalAddressError::NotLocal { address, reason: error.to_string() }),
        })
    }

    /// Connects to the first of a server's addresses that answers, from the address whose turn it is; if none of its family does, from one of
    /// the other.
    pub(super) async fn connect(&self, server: &[SocketAddr], limit: Duration) -> Result<TcpStream, AnyError> {
        let local = self.next(server)?;
        let other = self.addresses.iter().copied().find(|address| address.is_ipv4() != local.is_ipv4());
        let ways = [Some(local), other].into_iter().flatten();
        let ways = ways.flat_map(|local| server.iter().map(move |to| (local, *to)));
        let reachable: Vec<_> = ways.filter(|(local, to)| to.is_ipv4() == local.is_ipv4()).collect();
        let limit = limit / u32::try_from(reachable.len()).unwrap_or(u32::MAX).max(1);
        let mut first = None;
        for (local, to) in reachable {
            let opened = tokio::time::timeout(limit, open(local, to)).await;
            match opened.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                Ok(stream) => return Ok(stream),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or_else(|| io::ErrorKind::HostUnreachable.into()).into())
    }

    /// The address of a client that has one alone, and whose servers nobody knows yet: of the first one's family.
    pub(super) fn of_client(&self) -> Option<IpAddr> {
        let family = self.addresses.first()?.is_ipv4();
        self.in_turn(&self.clients, |address| address.is_ipv4() == family)
    }

    /// The address of the next connection to a server with these.
    fn next(&self, server: &[SocketAddr]) -> Result<IpAddr, LocalAddressError> {
        let reaches = |local: &IpAddr| server.iter().any(|to| to.is_ipv4() == local.is_ipv4());
        self.in_turn(&self.connections, reaches).ok_or_else(|| {
            let (server, local) =
                if server.iter().any(SocketAddr::is_ipv6) { ("IPv6", "IPv4") } else { ("IPv4", "IPv6") };
            LocalAddressError::OtherFamily { server, local }
        })
    }

    fn in_turn(&self, turns: &AtomicUsize, is_of_use: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
        let of_use = || self.addresses.iter().filter(|address| is_of_use(address));
        let turn = turns.fetch_add(1, Ordering::Relaxed).checked_rem(of_use().count())?;
        of_use().nth(turn).copied()
    }
}

async fn open(local: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    choose_port_late(&socket);
    socket.bind((local, 0).into())?;
    socket.connect(to).await
}

/// Has the port chosen as the connection is opened, so that one port serves connections to several servers. A system that can't has
/// it taken from all.
#[cfg(target_os = "linux")]
fn choose_port_late(socket: &TcpSocket) {
    use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
    let _ = setsockopt(socket, IpBindAddressNoPort, &true);
}

/// Other systems have no such option.
#[cfg(not(target_os = "linux"))]
fn choose_port_late(_: &TcpSocket) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(all: &[&str]) -> LocalAddresses {
        LocalAddresses::new(all.iter().map(|address| address.parse().expect("an address")))
    }

    fn server(all: &[&str]) -> Vec<SocketAddr> {
        all.iter().map(|address| address.parse().expect("an address")).collect()
    }

    #[test]
    fn those_of_the_servers_family_have_their_turns() {
        let mixed = addresses(&["10.0.0.1", "fd00::1", "10.0.0.2"]);
        let turns = |server: &[SocketAddr]| [0; 3].map(|_| mixed.next(server).expect("one of its family").to_string());
        assert_eq!(turns(&server(&["192.0.2.1:80"])), ["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
        assert_eq!(turns(&server(&["[2001:db8::1]:80"])), ["fd00::1", "fd00::1", "fd00::1"]);
        assert_eq!(turns(&server(&["192.0.2.1:80", "[2001:db8::1]:80"])), ["10.0.0.1", "fd00::1", "10.0.0.2"]);
        let clients = [0; 3].map(|_| mixed.of_client().expect("one of the first one's family").to_string());
        assert_eq!(clients, ["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
    }

    #[test]
    fn a_server_of_the_other_family_alone_is_out_of_reach() {
        let error = addresses(&["10.0.0.1"]).next(&server(&["[2001:db8::1]:80"])).expect_err("it has no IPv4");
        assert_eq!(
            error.to_string(),
            "the server has IPv6 addresses alone, and those of `Connections::local_addresses` are IPv4: add one of IPv6"
        );
        let error = addresses(&["fd00::1"]).next(&server(&["192.0.2.1:80"])).expect_err("it has no IPv6");
        assert!(error.to_string().contains("the server has IPv4 addresses alone"), "{error}");
    }

    #[tokio::test]
    async fn a_server_that_listens_on_one_family_alone_is_reached_at_every_turn() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (both, mixed) =
            (server(&[&format!("[::1]:{port}"), &format!("127.0.0.1:{port}")]), addresses(&["127.0.0.1", "::1"]));
        for turn in 0..4 {
            let opened = mixed.connect(&both, Duration::from_secs(20)).await;
            assert!(opened.is_ok(), "{turn}: {opened:?}");
        }
    }

    #[test]
    fn addresses_are_of_this_machine() {
        assert_eq!(addresses(&["127.0.0.1"]).check(), Ok(()));
        assert_eq!(addresses(&[]).check(), Err(LocalAddressError::Empty));
        let error = addresses(&["127.0.0.1", "192.0.2.1"]).check().expect_err("one is for documentation").to_string();
        assert!(
            error.contains("from 192.0.2.1 (") && error.contains("expected an address that this machine has"),
            "{error}"
        );
    }
}
