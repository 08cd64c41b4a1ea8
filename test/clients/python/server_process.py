"""Starts the server of this repository for a test, finds its ports and stops it."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_SECONDS = 60
STOP_SECONDS = 30
SERVICES = {
    "http": "Started HTTPService at",
    "grpc": "Started GRPCInferenceService at",
    "metrics": "Started Metrics ?Service at",
}


def server_command():
    """NEREID_SERVER_COMMAND, or else the built server."""
    given = os.environ.get("NEREID_SERVER_COMMAND")
    if given:
        return shlex.split(given)
    return ["node", str(ROOT / "packages" / "server" / "dist" / "nereid.js")]


def extra_flags():
    """NEREID_TEST_FLAGS: flags for every server, with which the same tests run again."""
    return shlex.split(os.environ.get("NEREID_TEST_FLAGS", ""))


class ServerProcess:
    """A running server; `http`, `grpc` and `metrics` are its addresses, as host:port.

    `flags` follow the model repository on the command line. The ports are chosen by the system, and
    read from the log. Use it as a context manager, or call `stop`.
    """

    def __init__(self, repository, flags=(), wait_ready=True):
        self._log = tempfile.NamedTemporaryFile("w+", prefix="nereid-log-", suffix=".txt")
        listen = [f"--{name}-{what}" for name in SERVICES for what in ("address=127.0.0.1", "port=0")]
        self._process = subprocess.Popen(
            [
                *server_command(),
                f"--model-repository={repository}",
                *listen,
                *extra_flags(),
                *flags,
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        try:
            self.http, self.grpc, self.metrics = (self._address(line) for line in SERVICES.values())
            if wait_ready:
                self.wait_until(self._ready, "it is not ready")
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        with open(self._log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self):
        """Ends the server as an operator would and returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _address(self, line):
        pattern = re.compile(line + r" \S*?:(\d+)")
        found = self.wait_until(lambda: pattern.search(self.log()), f"it does not log '{line}'")
        return f"127.0.0.1:{found[1]}"

    def _ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.http}/v2/health/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_until(self, condition, complaint):
        """Returns what `condition` gives once it is true; complains if the server ends before."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            result = condition()
            if result:
                return result
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"the server ended with status {self._process.returncode}; its log:\n{self.log()}"
                )
            time.sleep(0.05)
        raise RuntimeError(f"the server runs, but {complaint}; its log:\n{self.log()}")
