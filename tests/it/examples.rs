//! Every single-file example runs by itself and ends well.
//!
//! `cargo test` builds examples before tests. `cargo test --test it` does not: what was not built is not run.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_example_runs_against_its_own_server() {
    let names = names();
    assert!(names.iter().any(|name| name == "conversation"), "the examples were not found: {names:?}");
    for name in names {
        let program = folder().join(format!("{name}{EXE_SUFFIX}"));
        if program.is_file() {
            run(&name, &program);
        } else {
            // The handle itself, since libtest captures only what the macros print.
            let _ = writeln!(
                io::stderr(),
                "skipped: the example {name} is not built; `cargo test` and `cargo build --examples` build it"
            );
        }
    }
}

/// The files in `examples/`. Folders are programs with a command line, not examples to run as they are.
fn names() -> Vec<String> {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).expect("the examples' folder");
    let paths = sources.map(|entry| entry.expect("an entry of the folder").path());
    let rust = paths.filter(|path| path.extension() == Some(OsStr::new("rs")));
    rust.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// This test is `target/<profile>/deps/it-<hash>`, an example is `target/<profile>/examples/<name>`.
fn folder() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    profile.join("examples")
}

fn run(name: &str, program: &Path) {
    let output = Command::new(program).env_remove("LLM_HOST").output().expect("a program that starts");
    assert!(
        output.status.success(),
        "the example {name} ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
