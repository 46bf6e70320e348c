#!/usr/bin/env bash
# Lets the official SDKs of OpenAI and Anthropic, for Python and for JavaScript, read the mock server's streams.
#
#   tests/sdk/run.sh
#
# It needs cargo, python3 with venv, node with npm, and the two package registries. The SDKs are installed in a temporary
# folder that is removed at the end. It is no part of `cargo test`: it needs the network, and it checks the mock server, not
# the library.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

work=$(mktemp -d)
servers=()
leave() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    rm -rf "$work"
}
trap leave EXIT

echo "== install"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openai anthropic
"$work/venv/bin/pip" list --disable-pip-version-check 2>/dev/null | grep -E '^(openai|anthropic) '
cp "$here/streams.mjs" "$work/"
(cd "$work" && npm install --silent --no-fund --no-audit --prefix . openai @anthropic-ai/sdk && npm ls --depth 0)

# The built file, and not `cargo run`: cargo waits while another one builds.
mock_server=$(cargo build --quiet --example mock_server --message-format json |
    sed -n 's/.*"name":"mock_server".*"executable":"\([^"]*\)".*/\1/p')

# Starts a server and puts its URL into `url`.
serve() {
    local log="$work/server-${#servers[@]}.log"
    "$mock_server" --port 0 --headless --interval 1ms "$@" >"$log" &
    servers+=($!)
    for _ in $(seq 100); do
        url=$(sed -n 's/^listening on //p' "$log" | head -n 1)
        [ -n "$url" ] && return
        sleep 0.1
    done
    echo "the server did not start:" && cat "$log" && exit 1
}

serve --tokens 5
plain=$url
serve --tokens 8 --reasoning 3 --tool weather
rich=$url

echo "== python"
"$work/venv/bin/python" "$here/streams.py" "$plain" "$rich"
echo "== node"
node "$work/streams.mjs" "$plain" "$rich"
echo "all SDKs read all streams"
