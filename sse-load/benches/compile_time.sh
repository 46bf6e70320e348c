#!/usr/bin/env bash
# How long a user waits before the first load test: the cold `cargo test --release` of a fresh crate that depends on this library.
#
#   sse-load/benches/compile_time.sh [FEATURES]        (default: mock)
#
# It prints a Markdown table: seconds of the whole, and of the crates that take most (`cargo --timings`, schema of its HTML's data).
# What is downloaded before is not counted. Run it on a machine that does nothing else.
set -euo pipefail
library=$(cd "$(dirname "$0")/.." && pwd)
features=${1-mock}
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
cd "$crate"

mkdir tests
cat >Cargo.toml <<TOML
[package]
name = "fresh"
version = "0.1.0"
edition = "2024"

[lib]
path = "lib.rs"

[dev-dependencies]
sse-load = { path = "$library", features = [$(sed 's/[^,][^,]*/"&"/g' <<<"$features")] }
TOML
touch lib.rs
cat >tests/load.rs <<'RUST'
use sse_load::prelude::*;

#[sse_user(host = "http://127.0.0.1:9")]
impl ChatUser {
    #[task]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/v1/chat/completions").send().await?;
        Ok(())
    }
}

#[test]
#[ignore = "it is to be compiled"]
fn chat() {
    ChatUser::load_test("chat").run();
}
RUST
# The versions that this library is tested with.
cp "$library/../Cargo.lock" .
cargo fetch --quiet

begin=$(date +%s.%N)
cargo test --release --quiet --timings >log 2>&1 || { cat log >&2; exit 1; }
end=$(date +%s.%N)

python3 - "$begin" "$end" "$features" <<'PYTHON'
import json, os, re, sys
begin, end, features = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
html = open("target/cargo-timings/cargo-timing.html").read()
units = json.loads(re.search(r"UNIT_DATA = (\[.*?\]);\n", html, re.S).group(1))
times = {}
for unit in units:
    times[unit["name"]] = times.get(unit["name"], 0) + unit["duration"]
whole = sum(times.values())
print(f"Features: {features or 'none'}. {end - begin:.0f} s on {os.cpu_count()} cores, of {len(times)} crates, {whole:.0f} s of compilers.\n")
print("| crate | s of a compiler | of all |\n|---|---|---|")
for name, time in sorted(times.items(), key=lambda item: -item[1])[:15]:
    print(f"| {name} | {time:.1f} | {100 * time / whole:.0f} % |")
PYTHON
