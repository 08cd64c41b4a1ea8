#!/usr/bin/env python3
"""Serves the ONNX project's backend test cases through the server, over gRPC, and compares the outputs.

Every case runs on ONNX Runtime itself first. Those that fail there, or that need a type the server's
binding of ONNX Runtime has no tensor for, say nothing about the server; the latter are listed by name.
Any other case must pass: exit status 1 otherwise.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

import numpy as np
import tritonclient.grpc as grpcclient
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from cases import check_reference, difference, first_line, load_cases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"))
from server_process import ServerProcess  # noqa: E402

TIMEOUT_SECONDS = 60
SAMPLE_SEED = 7
COMPLETED_INTERVAL = 5


def main():
    options = parse_options()
    started = time.monotonic()
    verdicts = {case: check_reference(case) for case in select(load_cases(), options)}
    playable = [case for case, reason in verdicts.items() if not reason]
    foreign = [case for case, reason in verdicts.items() if reason.startswith("cannot be carried")]
    print(f"{len(playable) + len(foreign)} of {len(verdicts)} cases pass on ONNX Runtime itself")
    for case in verdicts if options.verbose else foreign:
        if verdicts[case]:
            print(f"  left out: {case.name}: {verdicts[case]}")
    sys.stdout.flush()
    failures = serve(playable, options)
    for name, reason in failures:
        print(f"  failed: {name}: {reason}")
    seconds = time.monotonic() - started
    passed = len(playable) - len(failures)
    print(f"onnx: {passed} of {len(playable)} cases pass through the server ({seconds:.0f} s)")
    record({"passed": passed, "failed": len(failures), "skipped": len(foreign)})
    return 1 if failures or not playable else 0


def record(counts):
    """Adds the counts to the file that the test command sums up, if it asks for it."""
    path = os.environ.get("NEREID_TEST_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as results:
            results.write(json.dumps(counts) + "\n")


def parse_options():
    parser = argparse.ArgumentParser(description="ONNX backend test cases through the server")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name contains it")
    parser.add_argument("--sample", type=int, metavar="N", help="only N cases, always the same ones")
    parser.add_argument("--parallel", type=int, default=4, metavar="N", help="cases at a time (4)")
    parser.add_argument("--verbose", action="store_true", help="also list what ONNX Runtime fails")
    return parser.parse_args()


def select(cases, options):
    chosen = [case for case in cases if options.only in case.name]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(SAMPLE_SEED).sample(chosen, options.sample)
    return sorted(chosen, key=lambda case: case.name)


def serve(cases, options):
    """Plays the cases against one server that loads and unloads their models; returns the failures."""
    with tempfile.TemporaryDirectory(prefix="nereid-onnx-") as repository:
        for number, case in enumerate(cases):
            write_model(pathlib.Path(repository) / case.name, case, number)
        flags = [
            "--model-control-mode=explicit",
            # Shapes are served as they are in the file, also where the first dimension is open.
            "--backend-config=onnxruntime,default-max-batch-size=0",
        ]
        with ServerProcess(repository, flags) as server:
            player = Player(server.grpc)
            with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
                reasons = list(pool.map(player.play, cases))
    return [(case.name, reason) for case, reason in zip(cases, reasons) if reason]


def write_model(folder, case, number):
    """Writes a model folder. Where inputs and outputs are left out, the server reads them from the file.

    That costs a session more, which is why most are written, and one instance is enough for all.
    """
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model.onnx").write_bytes(case.model)
    config = 'backend: "onnxruntime"\ninstance_group { kind: KIND_CPU count: 1 }\n'
    if number % COMPLETED_INTERVAL:
        config += case.config
    (folder / "config.pbtxt").write_text(config)


class Player:
    """Plays cases on a server, with a client of its own in each thread."""

    def __init__(self, address):
        self._address = address
        self._local = threading.local()

    def play(self, case):
        """Returns "" when a case passes, and else what went wrong."""
        if not hasattr(self._local, "client"):
            self._local.client = grpcclient.InferenceServerClient(self._address)
        client = self._local.client
        try:
            client.load_model(case.name, client_timeout=TIMEOUT_SECONDS)
            found = [self._infer(client, case, data) for data in case.data_sets]
            client.unload_model(case.name, client_timeout=TIMEOUT_SECONDS)
        except InferenceServerException as error:
            return first_line(error)
        return next(filter(None, found), "")

    def _infer(self, client, case, data):
        inputs = [make_input(name, array) for name, array in data.inputs.items()]
        result = client.infer(case.name, inputs, client_timeout=TIMEOUT_SECONDS)
        for name, expected in data.outputs.items():
            actual = result.as_numpy(name)
            if actual is None:
                return f"{name} is missing"
            # The protocol's models have no scalars: a tensor of one element stands for one.
            if np.ndim(expected) == 0 and actual.shape == (1,):
                actual = actual.reshape(())
            found = difference(case, expected, actual)
            if found:
                return f"{name}: {found}"
        return ""


def make_input(name, array):
    array = np.asarray(array)
    if array.dtype.kind in "SU":
        array = array.astype(object)
    if array.ndim == 0:
        array = array.reshape(1)
    tensor = grpcclient.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    tensor.set_data_from_numpy(array)
    return tensor


if __name__ == "__main__":
    sys.exit(main())
