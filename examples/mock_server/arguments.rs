//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Streams the events of a JSON file as server-sent events, to try out clients and load tests.
///
/// Each request to the endpoint gets every element of the file's array as one `data:` event, with a pause between
/// them. Then the answer ends. Cross-origin requests are allowed.
#[derive(Debug, Parser)]
#[command(name = "mock_server", max_term_width = 100)]
pub(crate) struct Arguments {
    /// JSON file with an array; its elements are the events
    #[arg(short, long)]
    pub(crate) file: PathBuf,

    /// Port to listen on; 0 takes a free one
    #[arg(short, long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Path of the stream
    #[arg(short, long, default_value = "/sse", value_parser = path)]
    pub(crate) endpoint: String,

    /// Pause between two events, such as 100ms or 1s
    #[arg(short, long, default_value = "100ms", value_parser = humantime::parse_duration)]
    pub(crate) interval: Duration,

    /// Address to listen on; 0.0.0.0 is every address of the machine
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub(crate) bind: IpAddr,

    /// Print the log as plain lines; so it is without a terminal too
    #[arg(long)]
    pub(crate) headless: bool,

    /// Keep each answer open after its last event, until the client leaves
    #[arg(long)]
    pub(crate) hold: bool,
}

impl Arguments {
    /// The configuration in one line.
    pub(crate) fn summary(&self, address: &str) -> String {
        let interval = humantime::format_duration(self.interval);
        let end = if self.hold { "held open" } else { "ended" };
        format!("{address} | every {interval} | then {end} | {}", self.file.display())
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && !text.contains(['?', '#', ' ']) {
        Ok(text.to_owned())
    } else {
        Err("expected a path such as /sse, with no query".to_owned())
    }
}
