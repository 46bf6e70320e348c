//! The command `cargo sse-load`, as a user runs it. It stands in this package since cargo builds a package's programs for its own tests alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sse_load::clock::ms;
use sse_load::mock::{Dialect, Fault, MockServer, On, Script};
use sse_load::report::Report;

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/report.json");

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// By cargo, which passes the name of its subcommand.
fn cargo_sse_load(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-sse-load"));
    command.arg("sse-load").args(arguments).current_dir(folder).env("SSE_LOAD_REPORT_DIR", folder);
    command.output().expect("it starts")
}

#[track_caller]
fn said(output: &Output, code: i32, texts: &[&str]) {
    let all = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "{all}");
    for text in texts {
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
    }
}

#[test]
fn a_report_is_shown_by_its_file_its_folder_and_its_name() {
    let here = folder("show");
    let lies_in = here.join("target/sse-load/mixed");
    std::fs::create_dir_all(&lies_in).expect("a folder");
    std::fs::copy(REPORT, lies_in.join("report.json")).expect("a copy");
    for report in [REPORT, "target/sse-load/mixed", "mixed"] {
        said(
            &cargo_sse_load(&here, &["show", report]),
            0,
            &["mixed: 110 requests · 15 failed (13.6 %)", "chat_completion_ttft"],
        );
    }
    said(&cargo_sse_load(&here, &["show", "mixed", "--format", "markdown"]), 0, &["### `mixed`: 110 requests"]);
    said(&cargo_sse_load(&here, &["show", "mixed", "--format", "junit"]), 0, &["<testsuite name=\"mixed\" "]);
    said(&cargo_sse_load(&here, &["show", "mixed", "--format", "locust-stats"]), 0, &["SSE,chat_completion,92,12,"]);
    let json = cargo_sse_load(&here, &["show", "mixed", "--format", "json"]);
    let again = Report::from_json(&String::from_utf8_lossy(&json.stdout)).expect("a report");
    assert_eq!(again.total().count(), 110);
    let nowhere = "expected a report of sse-load at target/sse-load/nowhere/report.json, but it can't be read";
    said(&cargo_sse_load(&here, &["show", "nowhere"]), 2, &[nowhere]);
}

#[test]
fn reports_of_several_processes_are_merged() {
    let here = folder("merge");
    for shard in ["shards/one", "shards/two"] {
        std::fs::create_dir_all(here.join(shard)).expect("a folder");
        std::fs::copy(REPORT, here.join(shard).join("report.json")).expect("a copy");
    }
    said(&cargo_sse_load(&here, &["merge", "shards", "-o", "whole"]), 0, &["mixed: 220 requests · 30 failed"]);
    let whole = Report::load(here.join("whole/report.json")).expect("a report");
    assert_eq!((whole.total().count(), whole.plan().users), (220, 100));
    assert!(here.join("whole/junit.xml").is_file());
    let page = std::fs::read_to_string(here.join("whole/report.html")).expect("a page");
    let shown = cargo_sse_load(&here, &["show", "whole", "--format", "html"]);
    assert!(page.contains("<html") && String::from_utf8_lossy(&shown.stdout).contains("<html"));
    said(&cargo_sse_load(&here, &["merge", "whole/report.json"]), 2, &["whole/report.json can't be read"]);
    std::fs::create_dir(here.join("none")).expect("a folder");
    said(&cargo_sse_load(&here, &["merge", "none"]), 2, &["expected reports in none, each as a .json file"]);
}

#[test]
fn two_reports_are_compared() {
    let output = cargo_sse_load(&folder("compare"), &["compare", REPORT, REPORT]);
    said(&output, 0, &["mixed: 26 figures, none worse", "chat_completion ttft p50", "tolerance 5 %"]);
    let markdown = cargo_sse_load(&folder("compare"), &["compare", REPORT, REPORT, "--format", "markdown"]);
    said(&markdown, 0, &["### `mixed: 26 figures, none worse`\n\n```text\nmixed: 26 figures, none worse    baseline "]);
    said(
        &cargo_sse_load(&folder("compare"), &["compare", REPORT, REPORT, "--tolerance=-1"]),
        2,
        &["such as 0.05 for 5 %"],
    );
}

#[test]
fn a_comparison_is_written_as_a_page() {
    let here = folder("compare_page");
    said(&cargo_sse_load(&here, &["compare", REPORT, REPORT, "--html", "compared.html"]), 0, &["none worse"]);
    let page = std::fs::read_to_string(here.join("compared.html")).expect("a page");
    assert!(page.contains("chat_completion ttft: share of samples within a time") && page.contains("before → after"));
    let nowhere = ["compare", REPORT, REPORT, "--html", "nowhere/compared.html"];
    said(&cargo_sse_load(&here, &nowhere), 2, &["nowhere/compared.html can't be written", "name another file"]);
}

#[test]
fn an_endpoint_is_tried_with_one_request() {
    let script = Script::new().ttft(ms(5)).tokens(4);
    let server = MockServer::builder()
        .path("/v1/chat/completions", script.clone().dialect(Dialect::OpenAiChat))
        .path("/append", script.clone().dialect(Dialect::Append))
        .path("/busy", script.fault(Fault::status(503), On::all()))
        .start();
    let here = folder("probe");
    let probe = |path: &str, more: &[&str]| {
        let url = format!("{}{path}", server.url());
        cargo_sse_load(&here, &[&["probe", &url], more].concat())
    };
    let chat = probe("/v1/chat/completions", &["--model", "m"]);
    said(
        &chat,
        0,
        &["200 OK  format openai_chat", "\nfirst token", "4 generated events · tokens: prompt ", "completion 4"],
    );
    said(&probe("/append", &["--json", "{}", "-H", "x-a: b"]), 0, &["format append", "4 generated events"]);
    assert_eq!(server.request_count(), 2, "one request each");
    said(&probe("/busy", &[]), 1, &["failed: ", "HTTP 503 Service Unavailable"]);
    said(&probe("/busy", &["--json", "{"]), 2, &["--json is no JSON"]);
    said(&cargo_sse_load(&here, &["probe", "nonsense"]), 2, &["expected a URL such as"]);
    let key = probe("/busy", &["--bearer-env", "NO_SUCH_KEY"]);
    said(&key, 2, &["--bearer-env names NO_SUCH_KEY, which is not set"]);
}

#[test]
fn a_first_load_test_is_written_and_none_is_overwritten() {
    let here = folder("init");
    said(&cargo_sse_load(&here, &["init"]), 2, &["expected a Cargo.toml in this folder"]);
    std::fs::write(here.join("Cargo.toml"), "").expect("a file");
    said(&cargo_sse_load(&here, &["init"]), 0, &["tests/load.rs was written", "cargo test --release --test load"]);
    let written = std::fs::read_to_string(here.join("tests/load.rs")).expect("the file");
    assert!(written.contains("#[sse_user("), "{written}");
    said(&cargo_sse_load(&here, &["init"]), 2, &["tests/load.rs can't be written", "name another file"]);
}

#[test]
fn shells_can_complete_it() {
    said(&cargo_sse_load(&folder("completions"), &["completions", "bash"]), 0, &["cargo-sse-load", "compare"]);
    said(&cargo_sse_load(&folder("completions"), &["help"]), 0, &["Usage: cargo sse-load", "probe", "init"]);
}

#[test]
fn the_command_and_each_subcommand_have_a_manual_page() {
    let here = folder("man");
    said(&cargo_sse_load(&here, &["man", "man1"]), 0, &["man1/cargo-sse-load.1\n", "man1/cargo-sse-load-show.1\n"]);
    let pages = std::fs::read_dir(here.join("man1")).expect("a folder").map(|page| page.expect("a page").path());
    let mut names: Vec<_> = pages.map(|page| page.file_stem().expect("a name").display().to_string()).collect();
    names.sort_unstable();
    let subcommands = ["", "-compare", "-completions", "-init", "-man", "-merge", "-probe", "-show"];
    assert_eq!(names, subcommands.map(|name| format!("cargo-sse-load{name}")));
    let read = |name: &str| std::fs::read_to_string(here.join("man1").join(format!("{name}.1"))).expect("a page");
    for name in &names {
        let page = read(name);
        for part in [".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", ".SH OPTIONS\n", ".SH EXAMPLES\n"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
    let whole = read("cargo-sse-load");
    for part in [".SH \"EXIT CODES\"\n", ".SH FILES\n", ".SH ENVIRONMENT\n", "cargo\\-sse\\-load\\-probe(1)"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    said(&cargo_sse_load(&here, &["man", "man1/cargo-sse-load.1"]), 2, &["error: "]);
}
