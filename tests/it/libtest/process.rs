//! Starts the tests of [`child`](super::child), each in a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use sse_load::mock::MockServer;
use sse_load::run::env::VARIABLES;

use crate::mock::eventually;

/// The variables by which a child learns of the servers of its parent. A child without them does nothing.
pub(crate) const SERVER: &str = "SUITE_SERVER";
pub(super) const OTHER_SERVER: &str = "SUITE_OTHER_SERVER";

/// A child that is not yet started. Its folder holds its reports and its lock, and goes with it.
pub(crate) struct Child {
    command: Command,
    folder: PathBuf,
}

impl Child {
    /// A process that runs these tests of [`child`](super::child), one after the other, and captures their output.
    pub(super) fn of(tests: &[&str]) -> Self {
        Self::of_module("libtest::child", tests)
    }

    /// The same of the tests of another module.
    pub(crate) fn of_module(module: &str, tests: &[&str]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}-{}", tests[0], std::process::id(), NUMBER.fetch_add(1, SeqCst));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut command = Command::new(std::env::current_exe().expect("a path of this binary"));
        command.args(tests.iter().map(|test| format!("{module}::{test}")));
        command.args(["--exact", "--ignored", "--test-threads=1"]);
        for foreign in
            VARIABLES.map(|(name, _)| name).into_iter().chain(["GITHUB_STEP_SUMMARY", "RUST_BACKTRACE", "CI"])
        {
            command.env_remove(foreign);
        }
        command.env_remove("RUST_TEST_NOCAPTURE").env("SSE_LOAD_REPORT_DIR", &folder);
        Self { command, folder: folder.clone() }.with_lock_in(&folder)
    }

    /// The server for its load tests.
    pub(crate) fn server(self, server: &MockServer) -> Self {
        self.env(SERVER, server.url())
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Prints at once instead of on failure.
    pub(crate) fn nocapture(mut self) -> Self {
        self.command.arg("--nocapture");
        self
    }

    /// Starts it from a shell that has run this first.
    #[cfg(unix)]
    pub(crate) fn after(self, command: &str) -> Self {
        let script = format!("{command} && exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(self.command.get_program()).args(self.command.get_args());
        self.by(shell)
    }

    /// Starts it on a terminal of 100 columns, whose output is its stdout.
    pub(super) fn on_a_terminal(self) -> Self {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("stty cols 100 rows 30; {}", words.join(" ")), "/dev/null"]);
        self.by(script)
    }

    /// The same by another command.
    fn by(self, mut command: Command) -> Self {
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self { command, ..self }
    }

    /// Load tests of processes with one folder for temporary files exclude each other. Without this, each has its own.
    pub(super) fn with_lock_in(self, folder: &Path) -> Self {
        self.env("TMPDIR", folder).env("TMP", folder).env("TEMP", folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn spawn(mut self) -> Running {
        let mut process =
            self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let stdout = Output::of(process.stdout.take().expect("a pipe"));
        let stderr = Output::of(process.stderr.take().expect("a pipe"));
        Running { process, stdout, stderr, folder: self.folder }
    }

    pub(crate) fn run(self) -> Outcome {
        self.spawn().finish()
    }
}

/// A child that runs.
pub(crate) struct Running {
    process: std::process::Child,
    stdout: Output,
    stderr: Output,
    folder: PathBuf,
}

impl Running {
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until a line with this text was printed.
    pub(crate) fn wait_for(&self, text: &str) {
        eventually(text, || [&self.stdout, &self.stderr].iter().any(|output| output.so_far().contains(text)));
    }

    /// What stood after this text on stderr, the last time that it was printed.
    pub(crate) fn said_after(&self, text: &str) -> String {
        self.wait_for(text);
        let stderr = self.stderr.so_far();
        let mut lines = stderr.lines().rev();
        lines.find_map(|line| line.split_once(text)).expect("it was waited for").1.to_owned()
    }

    /// What Ctrl-C does, to this process alone.
    #[cfg(unix)]
    pub(super) fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        assert!(killed.expect("there is a kill").success());
    }

    pub(crate) fn finish(mut self) -> Outcome {
        let code = self.process.wait().expect("an end").code();
        Outcome { code, stdout: self.stdout.all(), stderr: self.stderr.all(), folder: self.folder }
    }
}

/// What came of a child.
pub(crate) struct Outcome {
    /// 0 if all of its tests passed, 101 if one failed.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    folder: PathBuf,
}

impl Outcome {
    /// Both outputs, for messages and for what may be on either.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// `report.json` of a load test.
    pub(crate) fn json(&self, load_test: &str) -> serde_json::Value {
        self.json_file(&format!("{load_test}/report.json"))
    }

    /// A file in the folder of the reports.
    pub(super) fn json_file(&self, path: &str) -> serde_json::Value {
        let path = self.folder.join(path);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    #[track_caller]
    pub(crate) fn assert_passed(&self) {
        assert_eq!(self.code, Some(0), "{}", self.text());
        assert!(!self.stdout.contains(" 0 passed"), "no test ran: {}", self.text());
    }

    #[track_caller]
    pub(crate) fn assert_failed(&self) {
        assert_eq!(self.code, Some(101), "{}", self.text());
    }

    /// Panics with everything that was printed if this was not.
    #[track_caller]
    pub(crate) fn assert_says(&self, text: &str) {
        assert!(self.text().contains(text), "`{text}` was not printed, but this:\n{}", self.text());
    }

    #[track_caller]
    pub(crate) fn assert_is_silent_about(&self, text: &str) {
        assert!(!self.text().contains(text), "`{text}` was printed:\n{}", self.text());
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // It lies in the target folder, so what can't be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// One of the two outputs, read while the child runs.
struct Output {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                written.lock().expect("no panic").extend([line.as_str(), "\n"]);
            }
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        self.text.lock().expect("no panic").clone()
    }

    fn all(self) -> String {
        self.reader.join().expect("no panic");
        self.text.lock().expect("no panic").clone()
    }
}
