#!/usr/bin/env bash
# Installs the browser that `cargo test --test it browser::` opens pages in, where it can: for Debian and its kin, as root. Where it can't,
# it says so, and the tests are skipped.
set -uo pipefail

if command -v chromedriver >/dev/null; then
    echo "the browser is there: $(chromedriver --version)"
    exit 0
fi

skipped() {
    echo "no browser: $1. The tests of the pages in a browser are skipped." >&2
    exit 0
}

command -v apt-get >/dev/null || skipped "it is installed by apt-get, which this system does not have"
[ "$(id -u)" = 0 ] || skipped "apt-get installs as root only: sudo tests/browser/install.sh"
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get --quiet=2 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o DPkg::Lock::Timeout=60)
timeout 120 "${apt[@]}" update || skipped "the packages could not be listed"
timeout 300 "${apt[@]}" install --yes --no-install-recommends chromium chromium-driver >/dev/null || skipped "it could not be installed"
command -v chromedriver >/dev/null || skipped "its packages have no chromedriver"
echo "the browser was installed: $(chromedriver --version)"
