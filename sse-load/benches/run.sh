#!/usr/bin/env bash
# Runs every bench but the long ones (soak.sh, peers/run.sh) and writes one Markdown file: the machine, the goals, and what each bench printed.
#
#   sse-load/benches/run.sh [quick] [out.md]
#
# `quick` runs the fewest rounds, to see that all of them work: its figures prove little. Nothing else should run on the machine.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
quick=
if [ "${1:-}" = quick ]; then
    quick=yes
    shift
fi
out=$(realpath -m "${1:-$here/../../target/benches.md}")
cd "$here/../.."

# Each bench with its arguments, as a whole and `quick`.
benches=(
    "decode | | "
    "tokens | 51 | 5"
    "record | 51 | 5"
    "pipeline | 3 | 1"
    "streams | 3 | 1"
    "accuracy | 5 | 1"
    "accuracy | 5 busy | 1 busy"
    "open_loop | 5000 10 | 5000 3"
    "start_up | 10000 10 | 1000 2"
    "watching | 3 | 1"
    "mock_pacing | 2000 50 10 | 500 50 2"
    "page | | "
)

listed=$(printf '%s\n' "${benches[@]%% *}" peers soak | sort -u)
known=$(sed -n '/^\[\[bench\]\]/{n;s/name = "\(.*\)"/\1/p}' sse-load/Cargo.toml | sort)
if [ "$listed" != "$known" ]; then
    printf 'run.sh and sse-load/Cargo.toml name different benches:\n%s\n' "$(diff <(echo "$listed") <(echo "$known"))" >&2
    exit 1
fi

bench() {
    cargo bench -q -p sse-load --features mock "$@"
}

load_before=$(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || uptime)
bench --bench '*' --no-run

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export BENCH_GOALS=$folder/goals
touch "$BENCH_GOALS"
failed=()
for row in "${benches[@]}"; do
    IFS='|' read -r name whole few <<<"$row"
    name=${name// /}
    read -r -a arguments <<<"$([ -n "$quick" ] && echo "$few" || echo "$whole")"
    echo "$name ${arguments[*]}" >&2
    if ! bench --bench "$name" -- "${arguments[@]}" >"$folder/output" 2>"$folder/errors"; then
        failed+=("$name")
        cat "$folder/errors" >&2
        tail -n 5 "$folder/errors" >>"$folder/output"
    fi
    {
        # Some print Markdown themselves.
        if head -n 1 "$folder/output" | grep -q '^## '; then
            cat "$folder/output"
        else
            printf '## `%s`\n\n```text\n' "$name"
            cat "$folder/output"
            printf '```\n'
        fi
        printf '\n`cargo bench -p sse-load --features mock --bench %s -- %s`\n\n' "$name" "${arguments[*]}"
    } >>"$folder/sections"
done

cpu() {
    lscpu | sed -n "s/^$1: *//p" | head -n 1
}

mkdir -p "$(dirname "$out")"
{
    printf '# Benches\n\n'
    [ -z "$quick" ] || printf 'The fewest rounds: these figures prove little.\n\n'
    printf '| | |\n|---|---|\n'
    printf '| processor | %s |\n| cores | %s |\n' "$(cpu 'Model name')" "$(nproc)"
    printf '| kernel | %s |\n| rustc | %s |\n' "$(uname -sr)" "$(rustc --version)"
    printf '| commit | %s |\n| date | %s |\n' "$(git describe --always --dirty)" "$(date -u '+%Y-%m-%d %H:%M UTC')"
    printf '| load average before | %s |\n\n' "$load_before"
    printf '## Goals\n\n| | goal | measured | |\n|---|---|---|---|\n'
    cat "$BENCH_GOALS"
    printf '\n'
    cat "$folder/sections"
} >"$out"
echo "$out"
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
