#!/usr/bin/env python3
"""Replays the recorded cases against servers started for them, and checks the outcome.

    run.py [--set main|extra|onnx|javascript] [--show N] [--only REGEX]

expectations.json says for each set how the server is started, and which cases (a pattern of "group id")
need a feature that is still to come: those are played and reported, and fail nothing. Every other case
must be answered as the real server did, or equivalently.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"
MODELS = HERE.parent / "models"
sys.path[:0] = [str(GOLDEN), str(HERE.parent / "clients" / "python")]

import replay  # noqa: E402
from javascript_twins import JavascriptTwins  # noqa: E402
from server_process import ServerProcess  # noqa: E402

LOAD_CASES = replay.load_cases
START_SECONDS = 60
RECORDED_TRACE_FILE = "/tmp/golden-trace.json"
CASES = {
    "main": "cases",
    "extra": "cases-extra",
    "onnx": "cases-onnx",
    "javascript": "cases",
}
REPOSITORIES = {
    "main": GOLDEN / "models",
    "extra": GOLDEN / "models-extra",
    "onnx": GOLDEN / "models-onnx",
    "javascript": MODELS / "golden",
}
#: What is expected of the JavaScript twins is what is expected of the models.
EXPECTATIONS = {"javascript": "main"}


def main():
    options = parse_options()
    expectations = json.loads((HERE / "expectations.json").read_text())
    statuses = [
        check_set(name, expectations[EXPECTATIONS.get(name, name)], options)
        for name in CASES
        if options.set in (name, None)
    ]
    return max(statuses)


def parse_options():
    parser = argparse.ArgumentParser(description="replay recorded cases against this server")
    parser.add_argument("--set", choices=sorted(CASES), help="only this set")
    parser.add_argument("--show", default="20", metavar="N", help="differing cases to show (20)")
    parser.add_argument("--only", default="", metavar="REGEX", help="see golden/replay.py")
    parser.add_argument("--skip", default="", metavar="REGEX", help="see golden/replay.py")
    parser.add_argument(
        "--models",
        type=pathlib.Path,
        metavar="DIR",
        help="serve these models instead of the recorded ones",
    )
    return parser.parse_args()


def adapt_cases(adapt):
    """Changes the cases of one set as they are loaded."""
    replay.load_cases = lambda folder: [adapt(case) for case in LOAD_CASES(folder)]


def twin_adapter():
    twins = JavascriptTwins((MODELS / "golden" / "simple" / "1" / "model.js").read_bytes())
    return twins.adapt


def with_trace_file(case, path):
    response = case.get("response")
    if not isinstance(response, str) or RECORDED_TRACE_FILE not in response:
        return case
    head, body = response.replace(RECORDED_TRACE_FILE, path).split("\r\n\r\n", 1)
    head = re.sub(r"(?i)(content-length: )\d+", rf"\g<1>{len(body)}", head)
    return {**case, "response": f"{head}\r\n\r\n{body}"}


def check_set(name, expectations, options):
    """Returns the exit status: 0, or 1 when a group is below what is expected of it."""
    repository = options.models or REPOSITORIES[name]
    with tempfile.TemporaryDirectory(prefix="nereid-golden-") as scratch:
        flags = [flag.replace("{scratch}", scratch) for flag in expectations["flags"]]
        # The Python that runs this has what the models import.
        python = f"--backend-config=python,python-runtime={sys.executable}"
        report = pathlib.Path(scratch) / "report.json"
        with ServerProcess(repository, [*flags, python], wait_ready=False) as server:
            await_models(server)
            # One recorded answer names the file that the recorded server wrote its traces to.
            adapt_cases(lambda case: with_trace_file(case, f"{scratch}/trace.json"))
            if name == "javascript":
                adapt_cases(twin_adapter())
            play(server, CASES[name], report, options)
        results = json.loads(report.read_text())
    return verdict(name, results, expectations)


def await_models(server):
    """A model that fails to load keeps the server from being ready: wait until none is loading."""
    request = b"POST /v2/repository/index HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        raw, _ = replay.exchange(replay.address(server.http), request, False, START_SECONDS)
        answer = replay.Http(raw)
        if answer.status == 200 and b"LOADING" not in answer.body:
            return
        time.sleep(0.1)
    raise RuntimeError(f"the models do not finish loading; the server's log:\n{server.log()}")


def play(server, cases, report, options):
    """Runs the player, which is a program of its own, and leaves its findings in a file."""
    arguments = ["--http", server.http, "--grpc", server.grpc, "--metrics", server.metrics]
    arguments += ["--cases", str(GOLDEN / cases), "--json", str(report)]
    arguments += ["--show", options.show, "--only", options.only]
    arguments += ["--skip", options.skip] if options.skip else []
    sys.argv = ["replay.py", *arguments]
    try:
        replay.main()
    except SystemExit as end:
        if end.code:
            raise


def verdict(name, results, expectations):
    """Prints the outcome and records the counts; returns the exit status."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    waiting = collections.defaultdict(lambda: [0, 0])
    for result in results:
        feature = feature_awaited(result, expectations["later"])
        good = result["grade"] != "differing"
        counts["passed" if good else "skipped" if feature else "failed"] += 1
        if feature:
            waiting[feature][0] += good
            waiting[feature][1] += 1
        elif not good:
            print(f"failed: {result['group']}  {result['id']}")
    for feature, (good, count) in waiting.items():
        print(f"{good} of {count} cases that need {feature} are equivalent already")
    print(f"conformance {name}: " + ", ".join(f"{n} {what}" for what, n in counts.items()) + "\n")
    record(counts)
    return 1 if counts["failed"] or not counts["passed"] else 0


def feature_awaited(result, later):
    label = f"{result['group']} {result['id']}"
    return next((feature for feature, cases in later.items() if re.search(cases, label)), None)


def record(counts):
    """Adds the counts to the file that the test command sums up, if it asks for it."""
    path = os.environ.get("NEREID_TEST_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as results:
            results.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    sys.exit(main())
