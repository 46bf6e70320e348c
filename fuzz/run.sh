#!/usr/bin/env bash
# Fuzzes each target for some seconds (default 20) with stable Rust: run.sh [SECONDS [TARGET..]]
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-20}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(decode classify)

# What `cargo fuzz build --sanitizer none` passes. That the target is named keeps the flags off build scripts and macros.
host=$(rustc -vV | sed -n 's/^host: //p')
sancov=-Cllvm-args=-sanitizer-coverage
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module $sancov-level=4 $sancov-inline-8bit-counters $sancov-pc-table $sancov-trace-compares"
export CARGO_TARGET_DIR=$PWD/target
cargo build --release --locked --target "$host"

# New inputs go to the first folder; the others are only read.
for target in "${targets[@]}"; do
    found=target/corpus/$target
    mkdir -p "$found" artifacts
    log=target/$target.log
    echo "fuzzing $target for $seconds s"
    if ! "target/$host/release/$target" -max_total_time="$seconds" -max_len=1024 -timeout=10 -rss_limit_mb=1024 \
        -use_value_profile=1 -dict=sse.dict -artifact_prefix="artifacts/$target-" \
        "$found" "corpus/$target" ../tests/fixtures/streams >"$log" 2>&1; then
        tail -n 60 "$log"
        exit 1
    fi
    grep -E '(INITED|DONE) +cov' "$log"
done
