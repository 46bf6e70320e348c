#!/usr/bin/env bash
# Runs a gate many times (50, or the first argument): beside processes that burn the machine it must never miss, and against a server that is
# slower by 15 % it must never pass. On a machine that does nothing else; no part of `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."
SUITE_STRESS_RUNS="${1:-50}" exec cargo test --release --test it -- --ignored --nocapture --test-threads=1 health::stress_
