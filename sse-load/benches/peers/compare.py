"""Runs the tools in turn against one kind of server and prints a table. run.sh installs them and starts this.

compare.py CACHE OURS USERS SECONDS TOOLS
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tools import TOOLS, Run

SERVER_CORE = "0"
TOOL_CORES = f"1-{os.cpu_count() - 1}"
"""A run may take so many seconds more than it was told to: to start, and to write its report."""
PATIENCE = 240
HEAD = [
    "tool", "users", "TTFT p50, ms", "beyond the injected", "TTFT p99, ms", "beyond the injected",
    "CPU per event", "events/s per core", "failed", "server late, p50 / p99 / max",
]  # fmt: skip


class NotMeasured(Exception):
    """Why a tool has no figures."""


def main():
    cache, ours, users, seconds, tools = sys.argv[1:]
    cache, seconds = Path(cache), int(seconds)
    print(row(HEAD), row(["---"] * len(HEAD)), sep="\n", flush=True)
    notes = [
        f"CPU per event: of two runs, {seconds} and {short(seconds)} s, the difference of CPU time (user and system, whole process "
        "tree) by the difference of tokens that the server sent. So what a run costs once, such as its start, is not in it."
    ]
    for tool in tools.split(","):
        for count in users.split(","):
            try:
                cells, note = measure(cache, Path(ours), tool, int(count), seconds)
                notes += [f"{tool}, {count} users: {note}"] if note else []
            except NotMeasured as reason:
                cells = [f"not measured: {reason}"] + [""] * (len(HEAD) - 3)
            print(row([named(cache, tool), count, *cells]), flush=True)
    print("", *notes, sep="\n")


def row(cells):
    return f"| {' | '.join(cells)} |"


def named(cache, tool):
    """A tool with its version, as run.sh pins it."""
    installed = cache / f"{tool}.installed"
    return installed.read_text().strip() if installed.exists() else tool


def short(seconds):
    return max(4, seconds // 3)


def measure(cache, ours, tool, users, seconds):
    """The cells of a row behind tool and users, and a note."""
    if tool != "ours" and not (cache / f"{tool}.installed").exists():
        raise NotMeasured(f"it was not installed: {reason(cache / f'{tool}.log')}")
    runs = []
    for length in (short(seconds), seconds):
        print(f"{tool}, {users} users, {length} s", file=sys.stderr, flush=True)
        folder = cache / "runs" / f"{tool}-{users}-{length}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        runs.append(once(cache, ours, tool, folder, users, length))
    (short_cpu, short_server, _), (cpu, server, injected) = runs
    try:
        result = TOOLS[tool][1](folder)
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise NotMeasured(f"its report could not be read ({error!r}); see {folder}") from error
    times = []
    for time in (result.p50, result.p99):
        times += ["-", "-"] if time is None else [f"{time:,.1f}", f"{time - injected:+,.1f}"]
    cpu, events = cpu - short_cpu, server["tokens"] - short_server["tokens"]
    cost = [f"{cpu / events * 1e6:.1f} µs", f"{events / cpu:,.0f}"] if cpu > 0 and events > 0 else ["-", "-"]
    failed = f"{result.failed:,} of {result.requests:,}"
    late = f"{server['p50']:.2f} / {server['p99']:.2f} / {server['max']:.2f} ms"
    return [*times, *cost, failed, late], result.note


def once(cache, ours, tool, folder, users, seconds):
    """Runs a tool against a server of its own. Gives its CPU seconds, the server's record and the injected TTFT in ms."""
    serve = ["taskset", "-c", SERVER_CORE, ours, "serve"]
    with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        told = json.loads(server.stdout.readline())
        command = TOOLS[tool][0](Run(cache, ours, folder, told["host"], users, seconds))
        run(["taskset", "-c", TOOL_CORES, *map(str, command)], folder, seconds + PATIENCE)
        server.stdin.close()
        record = json.loads(server.stdout.readline())
    return float((folder / "cpu").read_text()), record, told["ttft"]


def run(command, folder, patience):
    """Runs a command in a folder and leaves there its output and its CPU seconds. Its exit code says nothing: see its report."""
    measured = [sys.executable, Path(__file__).with_name("cpu.py"), "cpu", *command]
    with open(folder / "output", "w") as output, subprocess.Popen(
        measured, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"it had not ended after {patience} s; see {folder}") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def reason(log):
    """The line of a log that says why."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no word of it"])[-1].replace("|", "/")


if __name__ == "__main__":
    main()
