#!/usr/bin/env bash
# Whether a long run holds constant memory: a load test of 500 users, whose process is sampled every 5 seconds.
#
#   sse-load/benches/soak.sh [minutes]
#
# Prints a verdict; leaves memory.csv and memory.svg in target/soak.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-30}
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/soak")
cargo bench -q -p sse-load --features mock --bench soak -- "$minutes" "$folder"
# About 20 MB a minute, which say nothing of memory.
rm -f "$folder/soak/requests.jsonl"
