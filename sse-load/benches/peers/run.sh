#!/usr/bin/env bash
# Compares this library with other tools on one machine: the TTFT that each reports, and the CPU time that an event costs it.
#
#   sse-load/benches/peers/run.sh [USERS] [SECONDS] [TOOLS]
#   sse-load/benches/peers/run.sh 100,1000 30 locust,aiperf,guidellm,oha,ours       (the defaults)
#
# Linux with two cores or more, cargo, python3 with venv (3.11 to 3.13 for all tools; PYTHON names another) and the package
# registries. It installs the tools into PEERS_CACHE (default: target/peers), once: some 8 GB, of which GuideLLM's PyTorch takes 5.
# The table goes to standard output, all else to standard error.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."

locust='locust==2.47.0 locust-sse==0.3.1'
aiperf='aiperf==0.13.0'
guidellm='guidellm==0.8.1'
oha='oha@1.16.0'

users=${1:-100,1000}
seconds=${2:-30}
tools=${3:-locust,aiperf,guidellm,oha,ours}
python=${PYTHON:-python3}
cache=$(mkdir -p "${PEERS_CACHE:-target/peers}" && cd "${PEERS_CACHE:-target/peers}" && pwd)

# Installs packages from PyPI into an environment of their own. Dependencies are those of the first one: locust-sse says that it
# needs Python 3.12, and works with 3.11.
environment() {
    local folder=$1 first=$2
    shift 2
    "$python" -m venv --clear "$folder" && "$folder/bin/pip" install --disable-pip-version-check "$first" || return
    for package in "$@"; do
        "$folder/bin/pip" install --disable-pip-version-check --no-deps --ignore-requires-python "$package" || return
    done
}

install() {
    case $1 in
        oha) cargo install "$oha" --locked --force --root "$cache/oha" --target-dir "$cache/oha-build" ;;
        locust) environment "$cache/locust" $locust ;;
        aiperf) environment "$cache/aiperf" "$aiperf" ;;
        guidellm) environment "$cache/guidellm" "$guidellm" ;;
        *) echo "error: no tool \`$1\`; there are locust, aiperf, guidellm, oha and ours" && return 1 ;;
    esac
}

for tool in ${tools//,/ }; do
    [ "$tool" = ours ] && continue
    wanted=${!tool:-$tool}
    [ "$(cat "$cache/$tool.installed" 2>/dev/null)" = "$wanted" ] && continue
    echo "installing $wanted; log: $cache/$tool.log" >&2
    rm -f "$cache/$tool.installed"
    if install "$tool" >"$cache/$tool.log" 2>&1 </dev/null; then echo "$wanted" >"$cache/$tool.installed"; fi
done

echo "building ours" >&2
ours=$(cargo bench --quiet -p sse-load --features mock --bench peers --no-run --message-format json |
    sed -n 's/.*"name":"peers".*"executable":"\([^"]*\)".*/\1/p')

# A connection for each user, and the tools' own files.
ulimit -n 8192 2>/dev/null || ulimit -n "$(ulimit -Hn)"
exec python3 "$here/compare.py" "$cache" "$ours" "$users" "$seconds" "$tools"
