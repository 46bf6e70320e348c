//! Reads from a socket, and what the kernel says of when the bytes came.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::arrival::Arrival;
use crate::clock::{Timestamp, WallOffset};

/// The most that one read takes.
const ROOM: usize = 64 * 1024;

/// The clock on the wall may be set at any time: this long at most a stamp is placed by where it was before.
const OFFSET_HOLDS: Duration = Duration::from_millis(100);

/// Two looks at the clocks differ by less, unless the one on the wall was set in between.
const STEP: Duration = Duration::from_millis(1);

/// Reads from all sockets of a thread, one after the other: none needs a buffer of its own while it waits.
pub(super) struct Receiver {
    buffer: Vec<u8>,
    #[cfg(target_os = "linux")]
    notes: Vec<u8>,
    offset: WallOffset,
}

/// What one read brought.
pub(super) struct Received<'r> {
    /// Nothing at the end of the stream.
    pub(super) bytes: &'r [u8],
    pub(super) arrival: Arrival,
    /// Whether nothing is left in the socket, and it will wake who waits for more.
    pub(super) emptied: bool,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; ROOM],
            #[cfg(target_os = "linux")]
            notes: kernel::room_for_notes(),
            offset: WallOffset::measure(),
        }
    }

    /// Reads `room` bytes at most, which came at `earliest` or later.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if there is nothing to read yet; otherwise those of the socket.
    pub(super) fn receive(&mut self, stream: &TcpStream, room: usize, earliest: Timestamp) -> io::Result<Received<'_>> {
        let room = room.min(ROOM);
        let (length, emptied, stamp) = self.read(stream, room)?;
        let read = Timestamp::now();
        let moment = stamp.and_then(|stamp| placed(&mut self.offset, stamp, earliest, read));
        let arrival = match moment {
            Some(at) => Arrival { at, buffered: Some(read - at) },
            None => Arrival { at: read, buffered: None },
        };
        Ok(Received { bytes: &self.buffer[..length], arrival, emptied })
    }

    #[cfg(target_os = "linux")]
    fn read(&mut self, stream: &TcpStream, room: usize) -> io::Result<(usize, bool, Option<Duration>)> {
        kernel::read(stream, &mut self.buffer[..room], &mut self.notes)
    }

    #[cfg(not(target_os = "linux"))]
    fn read(&mut self, stream: &TcpStream, room: usize) -> io::Result<(usize, bool, Option<Duration>)> {
        Ok((stream.try_read(&mut self.buffer[..room])?, false, None))
    }
}

/// The moment of a stamp by the clock on the wall. One that lies before what came earlier, or after the read, says nothing: the
/// clock was set in between, or the bytes waited for others that got lost on their way. Nor does one around the time when the clock
/// was set: nobody knows which side of it the stamp is on.
fn placed(offset: &mut WallOffset, stamp: Duration, earliest: Timestamp, read: Timestamp) -> Option<Timestamp> {
    let place = |offset: &WallOffset| offset.moment(stamp).filter(|at| (earliest..=read).contains(at));
    if read - offset.measured() < OFFSET_HOLDS
        && let Some(at) = place(offset)
    {
        return Some(at);
    }
    let before = std::mem::replace(offset, WallOffset::measure());
    if before.apart(*offset) < STEP { place(offset) } else { None }
}

/// Has the kernel stamp what comes on this socket; where it can't, reads are stamped.
pub(super) fn ask_for_stamps(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    kernel::ask_for_stamps(stream);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

#[cfg(target_os = "linux")]
mod kernel {
    //! Linux: `SO_TIMESTAMPING` (Documentation/networking/timestamping.rst). Over TCP a read has the stamp of the last segment
    //! that it took bytes of.

    use std::io::{self, IoSliceMut};
    use std::net::{Ipv4Addr, UdpSocket};
    use std::os::fd::{AsFd, AsRawFd as _};
    use std::sync::OnceLock;
    use std::time::Duration;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, TimestampingFlag, recvmsg, setsockopt, sockopt};
    use nix::sys::time::TimeSpec;
    use tokio::io::Interest;
    use tokio::net::TcpStream;

    /// Room for the three stamps that come with a read.
    pub(super) fn room_for_notes() -> Vec<u8> {
        nix::cmsg_space!([TimeSpec; 3])
    }

    pub(super) fn ask_for_stamps(stream: &TcpStream) {
        /// The kernel begins to stamp some time after it was first asked, and ends after the last socket that asks is closed:
        /// this one is never.
        static ASKS: OnceLock<Option<UdpSocket>> = OnceLock::new();
        ASKS.get_or_init(|| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok().inspect(ask));
        ask(stream);
    }

    /// A refusal shows in the stamps that don't come.
    fn ask(socket: &impl AsFd) {
        let of_arrivals = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
        let _ = setsockopt(socket, sockopt::Timestamping, &of_arrivals);
    }

    /// Gives how many bytes were read, whether the socket is empty now, and the last one's time since 1970.
    pub(super) fn read(
        stream: &TcpStream,
        buffer: &mut [u8],
        notes: &mut [u8],
    ) -> io::Result<(usize, bool, Option<Duration>)> {
        let room = buffer.len();
        let mut read = None;
        let tried = stream.try_io(Interest::READABLE, || {
            let mut slices = [IoSliceMut::new(buffer)];
            let message = recvmsg::<()>(stream.as_raw_fd(), &mut slices, Some(notes), MsgFlags::empty())?;
            let stamp = message.cmsgs().ok().and_then(|mut notes| notes.find_map(|note| stamp(&note)));
            let emptied = (1..room).contains(&message.bytes);
            read = Some((message.bytes, emptied, stamp));
            // A read that leaves room has emptied the socket (epoll(7), question 9), and to try again costs a call of the system.
            if emptied { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match read {
            Some(read) => Ok(read),
            None => tried.and(Err(io::ErrorKind::WouldBlock.into())),
        }
    }

    fn stamp(note: &ControlMessageOwned) -> Option<Duration> {
        let ControlMessageOwned::ScmTimestampsns(stamps) = note else { return None };
        // Zero stands for none.
        Some(Duration::from(stamps.system)).filter(|since_1970| !since_1970.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::wall;
    use std::time::SystemTime;

    fn since_1970() -> Duration {
        wall().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970")
    }

    #[test]
    fn a_stamp_that_can_t_be_is_none() {
        let mut offset = WallOffset::measure();
        let earliest = Timestamp::now();
        // The looks at the two clocks are no further apart than this, unless the machine stands still for five of them.
        let apart = Duration::from_millis(50);
        let (stamp, read) = (since_1970() + apart, Timestamp::now() + apart * 2);
        let at = placed(&mut offset, stamp, earliest, read).expect("between the two");
        assert!(at > earliest && at < read, "{earliest:?}, {at:?}, {read:?}");
        let hour = Duration::from_secs(3_600);
        assert_eq!(placed(&mut offset, stamp + hour, earliest, read), None, "after the read");
        assert_eq!(placed(&mut offset, stamp.saturating_sub(hour), earliest, read), None, "before what came earlier");
    }

    #[test]
    fn a_clock_that_was_set_is_looked_at_again() {
        let earliest = Timestamp::now();
        let apart = Duration::from_millis(50);
        let (stamp, read) = (since_1970() + apart, Timestamp::now() + apart * 2);
        let mut before_it_was_set = WallOffset::measure().moved(Duration::from_secs(3_600));
        assert_eq!(placed(&mut before_it_was_set, stamp, earliest, read), None, "of before it was set, or after");
        assert!(placed(&mut before_it_was_set, stamp, earliest, read).is_some());
    }

    #[test]
    fn a_stamp_around_the_time_when_the_clock_was_set_back_a_little_is_none() {
        let set_back = Duration::from_millis(30);
        let apart = Duration::from_millis(50);
        let (request, stamp) = (Timestamp::now(), since_1970() + apart);
        // The answer comes after the next look at the clocks is due, and its stamp would fit in after the request.
        let mut offset = WallOffset::measure().moved(set_back);
        let read = Timestamp::now() + OFFSET_HOLDS * 2;
        assert_eq!(placed(&mut offset, stamp, request, read), None);
        let next = placed(&mut offset, stamp, request, read).expect("between the two, by the clock as it is now");
        assert!(next >= request + set_back, "{request:?}, {next:?}");
        // While the last look holds, one that lies before its request has them looked at again.
        let mut offset = WallOffset::measure().moved(set_back);
        let (request, stamp) = (Timestamp::now() + apart, since_1970() + apart + Duration::from_millis(10));
        assert_eq!(placed(&mut offset, stamp, request, request + apart / 2), None);
    }
}
