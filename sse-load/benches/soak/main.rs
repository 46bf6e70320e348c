//! Whether a long run holds constant memory: 500 users with a request log before the mock in another process, whose load test's memory is sampled.
//!
//! ```text
//! sse-load/benches/soak.sh [minutes]
//! ```
//! Writes the samples and a plot of them into the folder that the second argument names. Linux only: elsewhere the memory reads 0.

#[path = "../machine/cores.rs"]
mod cores;
#[path = "../machine/goal.rs"]
mod goal;
#[path = "../machine/memory.rs"]
mod memory;
#[path = "../machine/process.rs"]
mod process;

mod course;
mod load;

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use cores::{Side, pin};
use course::{Course, Point};
use sse_load::clock::{Timestamp, ms, secs};
use sse_load::mock::MockServer;

pub(crate) type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// From one sample to the next.
const EVERY: Duration = secs(5);

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["load", host, seconds] => {
            pin(Side::Client);
            load::run(host, secs(seconds.parse()?))
        }
        [minutes, folder] => soak(secs(60 * minutes.parse::<u64>()?), folder.as_ref()),
        _ => Err("expected minutes and a folder, as soak.sh gives them".into()),
    }
}

fn serve() -> Fallible<()> {
    pin(Side::Server);
    let server = MockServer::builder().ttft(ms(100)).inter_token(ms(50)).tokens(40).log_limit(0).start();
    println!("{}", server.url());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn soak(time: Duration, folder: &Path) -> Fallible<()> {
    std::fs::create_dir_all(folder)?;
    let mut server = process::again(["serve"])?.spawn()?;
    let mut host = String::new();
    BufReader::new(server.stdout.take().ok_or("the server has no output")?).read_line(&mut host)?;
    let seconds = time.as_secs().to_string();
    let load = process::again(["load", host.trim(), &seconds])?.env("SSE_LOAD_REPORT_DIR", folder).spawn()?;
    println!("## A run of {} minutes\n\n{} users; a sample each {EVERY:?}.\n", time.as_secs() / 60, load::USERS);
    let course = watch(load, folder)?;
    drop(server.stdin.take());
    server.wait()?;
    // What comes after is the end of the run and its report.
    let course = course.until(time);
    course.draw(&folder.join("memory.svg"))?;
    tell(&course)?;
    println!("The samples are in `{0}/memory.csv`, a plot of them is `{0}/memory.svg`.", folder.display());
    Ok(())
}

/// Samples the process until it ends.
fn watch(mut load: Child, folder: &Path) -> Fallible<Course> {
    let mut course = Course::writing(&folder.join("memory.csv"))?;
    let begin = Timestamp::now();
    loop {
        std::thread::sleep(EVERY);
        if let Some(status) = load.try_wait()? {
            let mut told = String::new();
            load.stdout.take().ok_or("the load test has no output")?.read_to_string(&mut told)?;
            println!("{}\n", told.trim());
            return if status.success() {
                Ok(course)
            } else {
                Err(format!("the load test ended with {status}").into())
            };
        }
        course.add(Point { at: Timestamp::now() - begin, bytes: memory::resident(load.id()) })?;
    }
}

/// The verdict, by the last two thirds: what fills up once is full by then.
fn tell(course: &Course) -> Fallible<()> {
    let whole = course.trend(0.0).ok_or("there are too few samples: the run was too short")?;
    let late = course.trend(1.0 / 3.0).ok_or("there are too few samples: the run was too short")?;
    println!(
        "| resident memory, by a line through the samples | begin, MiB | end, MiB | slope, KiB a minute | growth, % |\n|---|---|---|---|---|"
    );
    for (of, trend) in [("whole run", &whole), ("last two thirds", &late)] {
        let [begin, end] = [trend.begin, trend.end].map(|bytes| bytes / f64::from(1 << 20));
        println!("| {of} | {begin:.2} | {end:.2} | {:.1} | {:.2} |", trend.slope * 60.0 / 1_024.0, trend.growth());
    }
    println!("\nThe most was {:.2} MiB.\n", course.most() / f64::from(1 << 20));
    goal::hold("growth of memory in the last two thirds of a long run", ..=5.0, late.growth(), "%");
    println!();
    Ok(())
}
