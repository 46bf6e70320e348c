"""How each tool is run, and where it says what it measured. All send the same request, and begin with all users within a second."""

import json
from pathlib import Path
from typing import NamedTuple, Optional

BODY = json.dumps({"model": "mock", "stream": True, "messages": [{"role": "user", "content": "Tell me a joke."}]})
CHAT = "/v1/chat/completions"


class Result(NamedTuple):
    requests: int
    failed: int
    """TTFT in ms."""
    p50: Optional[float] = None
    p99: Optional[float] = None
    note: str = ""


class Run(NamedTuple):
    """One run of a tool. All that it writes goes into its own folder, where it runs."""

    cache: Path
    ours: Path
    folder: Path
    host: str
    users: int
    seconds: int


def locust(run):
    script = Path(__file__).with_name("locustfile.py")
    return [
        run.cache / "locust/bin/locust", "--headless", "--only-summary", "--locustfile", script, "--host", run.host,
        "--users", run.users, "--spawn-rate", run.users, "--run-time", f"{run.seconds}s", "--json-file", "locust",
    ]  # fmt: skip


def read_locust(folder):
    entries = {entry["name"]: entry for entry in json.loads((folder / "locust.json").read_text())}
    chat, ttft = entries["chat"], entries["chat_ttft"]
    times = sorted((int(time), count) for time, count in ttft["response_times"].items())

    def percentile(share):
        rank, seen = share * ttft["num_requests"], 0
        for time, count in times:
            seen += count
            if seen >= rank:
                return time

    return Result(chat["num_requests"], chat["num_failures"], percentile(0.5), percentile(0.99))


def aiperf(run):
    return [
        run.cache / "aiperf/bin/aiperf", "profile", "--model", "mock", "--tokenizer", tokenizer(run), "--url", run.host,
        "--endpoint-type", "chat", "--streaming", "--use-server-token-count", "--isl", 4, "--num-dataset-entries", 1,
        "--concurrency", run.users, "--concurrency-ramp-duration", 1,
        "--benchmark-duration", run.seconds, "--benchmark-grace-period", 0,
        "--no-server-metrics", "--no-gpu-telemetry", "--export-level", "summary", "--output-artifact-dir", "aiperf", "--ui", "none",
    ]  # fmt: skip


def read_aiperf(folder):
    report = json.loads((folder / "aiperf/profile_export_aiperf.json").read_text())
    ttft, failed = report["time_to_first_token"], sum(error["count"] for error in report["error_summary"])
    return Result(int(report["request_count"]["avg"]) + failed, failed, ttft["p50"], ttft["p99"])


def guidellm(run):
    # It reads no prompt twice.
    prompts = json.dumps({"prompt": "Tell me a joke."}) + "\n"
    (run.folder / "prompts.jsonl").write_text(prompts * run.users * (1 + run.seconds))
    return [
        run.cache / "guidellm/bin/guidellm", "run", "--disable-console",
        "--backend", f"kind=openai_http,target={run.host},model=mock,request_format={CHAT},validate_backend=false",
        "--profile", f"kind=concurrent,streams={run.users},rampup_duration=1",
        "--constraint", f"kind=max_duration,seconds={run.seconds}",
        "--tokenizer", f"kind=huggingface_auto,model={tokenizer(run)}",
        "--data", "kind=json_file,path=prompts.jsonl", "--output", "kind=json,path=guidellm.json",
    ]  # fmt: skip


def read_guidellm(folder):
    metrics = json.loads((folder / "guidellm.json").read_text())["benchmarks"][0]["metrics"]
    count, ttft = metrics["request_totals"], metrics["time_to_first_token_ms"]["successful"]["percentiles"]
    return Result(count["successful"] + count["errored"], count["errored"], ttft["p50"], ttft["p99"])


def oha(run):
    # The rate spreads the first requests over a second; later ones stay below it, since each takes more than two.
    return [
        run.cache / "oha/bin/oha", "--no-tui", "--output-format", "json", "--output", "oha.json", "-z", f"{run.seconds}s",
        "-c", run.users, "-q", run.users, "-m", "POST", "-T", "application/json", "-d", BODY, run.host + CHAT,
    ]  # fmt: skip


def read_oha(folder):
    report = json.loads((folder / "oha.json").read_text())
    answers = sum(report["statusCodeDistribution"].values())
    errors = sum(count for error, count in report["errorDistribution"].items() if error != "aborted due to deadline")
    refused = answers - report["statusCodeDistribution"].get("200", 0)
    p50, p99 = (report["firstBytePercentiles"][of] * 1e3 for of in ("p50", "p99"))
    note = f"it knows no events; first byte at {p50:.1f} ms (p50) and {p99:.1f} ms (p99), which is that of the head and no token's"
    return Result(answers + errors, errors + refused, note=note)


def ours(run):
    return [run.ours, "run", run.users, run.seconds, run.host]


def read_ours(folder):
    return Result(**json.loads((folder / "output").read_text().splitlines()[-1]))


def tokenizer(run):
    """A tokenizer of one word, for tools that load one though the server counts the tokens; theirs are on a hub, by network."""
    folder = run.cache / "tokenizer"
    folder.mkdir(exist_ok=True)
    words = {"type": "WordLevel", "vocab": {"word": 0}, "unk_token": "word"}
    absent = dict.fromkeys(["truncation", "padding", "normalizer", "post_processor", "decoder"])
    whole = {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}, "model": words, **absent}
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "word"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


TOOLS = {
    "locust": (locust, read_locust),
    "aiperf": (aiperf, read_aiperf),
    "guidellm": (guidellm, read_guidellm),
    "oha": (oha, read_oha),
    "ours": (ours, read_ours),
}
