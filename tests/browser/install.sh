#!/usr/bin/env bash
# Installs the browser that `cargo test --test it browser::` opens reports in. For Debian and its kin, as root.
set -euo pipefail
apt-get update
apt-get install --yes --no-install-recommends chromium chromium-driver
