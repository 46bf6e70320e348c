//! Sockets that wait on one thread (epoll(7)).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Who waits to be read from.
pub(crate) struct Poll(OwnedFd);

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Adds a socket, which is told by its token.
    pub(crate) fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, socket, EventData::new_u64(token), EventFlags::IN)?)
    }

    /// Waits until one of them can be read from, for this long at most.
    pub(crate) fn wait(&self, events: &mut Vec<Event>, longest: Option<Duration>) -> io::Result<()> {
        events.clear();
        let longest = longest.and_then(|time| time.try_into().ok());
        match epoll::wait(&self.0, spare_capacity(events), longest.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Raises the process's limit on open files as far as the system lets it.
pub(crate) fn allow_open_files() -> io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
