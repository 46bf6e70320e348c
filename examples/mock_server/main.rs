//! A stand-alone SSE server that streams the events of a JSON file to everybody who asks.
//!
//! ```text
//! cargo run --example mock_server -- --file examples/events.json --port 8080 --endpoint /sse --interval 100ms
//! curl -N http://127.0.0.1:8080/sse
//! ```

mod arguments;
mod events;
mod log;
mod screen;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};

use clap::Parser;
use sse_load::mock::{Dialect, MockServer, Script};

use arguments::Arguments;

fn main() -> ExitCode {
    match serve(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let (told, heard) = mpsc::channel();
    let script = Script::new()
        .dialect(Dialect::events(events::load(&arguments.file)?))
        .inter_token(arguments.interval)
        .hold(arguments.hold);
    let server = MockServer::builder()
        .bind(arguments.bind)
        .port(arguments.port)
        .path(&arguments.endpoint, script)
        // Nobody asks for the log of a server that may run for days.
        .log_limit(0)
        .on_activity(move |activity| drop(told.send(log::line(activity))))
        .try_start()?;
    let address = format!("{}{}", server.url(), arguments.endpoint);
    if arguments.headless || !io::stdout().is_terminal() {
        print_lines(&format!("listening on {address}"), &heard)?;
    } else {
        screen::show(&arguments.summary(&address), &heard)?;
    }
    Ok(())
}

/// Prints lines until the process is stopped, or until nobody reads them any more.
fn print_lines(first: &str, heard: &Receiver<String>) -> io::Result<()> {
    let mut output = io::stdout();
    let mut printed = writeln!(output, "{first}");
    while let (Ok(()), Ok(line)) = (&printed, heard.recv()) {
        printed = writeln!(output, "{line}");
    }
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
