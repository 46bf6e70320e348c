//! A stand-alone server that streams to everybody who asks: in the dialect of every API, or the events of a JSON file.
//!
//! ```text
//! cargo run --example mock_server -- --ttft 200ms --interval 20ms
//! curl -N http://127.0.0.1:8080/v1/messages -d '{}'
//!
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
use sse_load::mock::{Builder, Dialect, MockServer, Script};

use arguments::Arguments;
use events::LoadError;

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
    let (builder, path) = routes(arguments)?;
    let server = builder
        .bind(arguments.bind)
        .port(arguments.port)
        // Nobody asks for the log of a server that may run for days.
        .log_limit(0)
        .on_activity(move |activity| drop(told.send(log::line(activity))))
        .try_start()?;
    let address = format!("{}{path}", server.url());
    if arguments.headless || !io::stdout().is_terminal() {
        print_lines(&format!("listening on {address}"), &heard)?;
    } else {
        screen::show(&arguments.summary(&address), &heard)?;
    }
    Ok(())
}

/// What the server streams, and its path if it has but one.
fn routes(arguments: &Arguments) -> Result<(Builder, &str), LoadError> {
    let mut script = Script::new()
        .ttft(arguments.ttft)
        .inter_token(arguments.interval)
        .tokens(arguments.tokens)
        .reasoning(arguments.reasoning)
        .hold(arguments.hold);
    if let Some(tool) = &arguments.tool {
        script = script.tool_call(tool);
    }
    let builder = MockServer::builder();
    let endpoint = arguments.endpoint.as_deref();
    Ok(match (&arguments.file, &arguments.dialect, endpoint) {
        (Some(file), ..) => {
            let path = endpoint.unwrap_or("/sse");
            (builder.path(path, script.dialect(Dialect::events(events::load(file)?))), path)
        }
        (None, Some(named), Some(path)) => (builder.path(path, script.dialect(named.dialect.clone())), path),
        (None, Some(named), None) => (builder.script(script.dialect(named.dialect.clone())), ""),
        (None, None, _) => (builder.script(script).every_dialect(), ""),
    })
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
