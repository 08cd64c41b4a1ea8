"""Runs the model of one instance. Its methods are called from JavaScript."""

import inspect
import json
import os
import sys
from typing import Any, Dict, List, Optional, Sequence

from nereid_pb_utils.execution_result import ExecutionRuleError, check_result
from nereid_pb_utils.host import set_host
from nereid_pb_utils.request import RELEASE_RESCHEDULE, InferenceRequest
from nereid_stub.failures import describe_exception
from nereid_stub.model_runner import ModelFault, ModelRunner

from .event_loop import ServerLoop, install
from .host import PyodideHost
from .wheel_finder import WheelFinder
from .wire import error_entry, read_tensors, response_entry

__all__ = ["Runner", "make_runner"]

#: The server takes what is between two of it.
_MARK = "\x1e"

_FOLDER = os.path.dirname(__file__)


class Runner:
    def __init__(self, server: Any, setup: str) -> None:
        """``server`` is the JavaScript object with ``tell`` and ``listen``."""
        self._setup: Dict[str, Any] = json.loads(setup)
        self._decoupled: bool = self._setup["decoupled"]
        self._host = PyodideHost(
            lambda kind, text, data: server.tell(kind, text, data),
            lambda seconds: bool(server.listen(-1 if seconds is None else seconds * 1000)),
            os.path.dirname(self._setup["model"]["file"]),
        )
        self._loop: Optional[ServerLoop] = None
        self._model = ModelRunner()
        set_host(self._host)
        install(lambda seconds: self._take_notices(server, seconds))
        # The folders belong to the user: nothing is written there.
        sys.dont_write_bytecode = True
        sys.meta_path.append(WheelFinder(self._setup["packageFolders"]))
        self._model.load(self._setup["model"])

    def complete(self, config: str) -> Optional[str]:
        """The configuration as auto_complete_config leaves it, or None."""
        return self._model.complete(config)

    def initialize(self, args: str) -> None:
        self._model.initialize(json.loads(args))
        self._host.executing = True

    def execute(self, text: str, data: Any) -> Sequence[Any]:
        """Executes a batch; returns the answers as JSON, and the outputs' raw contents.

        ``data`` is a Uint8Array, which is copied into memory that Python can see.
        """
        memory = data.to_py()
        requests = [self._read_request(wire, memory) for wire in json.loads(text)]
        self._host.batch = [request._key for request in requests]
        parts: List[Any] = []
        try:
            results = self._call(requests)
            answers = [
                self._answer(request, results[index] if results else None, parts)
                for index, request in enumerate(requests)
            ]
        except BaseException as error:
            parts.clear()
            answers = [self._failure(request, error) for request in requests]
        finally:
            self._host.batch = []
        return json.dumps(answers), b"".join(parts)

    def receive(self, text: str, data: Any) -> None:
        self._host.receive(text, data.to_py())

    def step(self) -> float:
        """Lets coroutines go on. Returns the milliseconds to the next timer; -1 if there is none."""
        seconds = self._loop.step() if self._loop is not None else None
        return -1 if seconds is None else seconds * 1000

    def finalize(self) -> None:
        self._host.executing = False
        self._model.finalize()

    def _read_request(self, wire: Dict[str, Any], data: memoryview) -> InferenceRequest:
        key = wire["key"]
        named = wire["requestedOutputs"]
        self._host.requested[key] = named or None
        if wire["cancelled"]:
            self._host.receive(json.dumps({"kind": "cancelled", "key": key}), data)
        correlation = wire["correlation"]
        return InferenceRequest._from_server(
            key,
            wire["id"],
            correlation if wire["correlationIsText"] else int(correlation),
            read_tensors(wire["slots"], data),
            named or self._setup["outputs"],
            self._setup["model"]["name"],
            self._setup["model"]["version"],
            wire["flags"],
            wire["timeoutUs"],
            wire["parameters"],
            self._decoupled,
        )

    def _call(self, requests: List[InferenceRequest]) -> Any:
        execute = getattr(self._model.instance, "execute", None)
        if execute is None:
            raise self._model.no_execute()
        result = execute(requests)
        if inspect.iscoroutine(result):
            result = self._run(result, [request._key for request in requests])
        check_result(requests, result, self._decoupled, self._setup["instanceName"])
        return result

    def _run(self, coroutine: Any, keys: List[int]) -> Any:
        if self._loop is None:
            self._loop = ServerLoop()
        if not self._decoupled:
            return self._loop.run_until_complete(coroutine)
        task = self._loop.create_task(coroutine)
        task.add_done_callback(lambda done: self._fail_later(done, keys))
        self._loop.step()
        return None

    def _fail_later(self, task: Any, keys: List[int]) -> None:
        """A coroutine has ended that went on by itself; what it raised fails what is still open."""
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        answer = error_entry(self._explain(error))
        for key in keys:
            if key in self._host.requested:
                self._host.request_ended(key)
                text = json.dumps({"key": key, "answer": answer, "final": True})
                self._host._tell("response", text, b"")

    def _answer(self, request: InferenceRequest, result: Any, parts: List[Any]) -> Dict[str, Any]:
        if result is not None:
            entry = response_entry(result, self._host.requested.get(request._key), parts)
        elif request._release_flags == RELEASE_RESCHEDULE:
            entry = {"kind": "rescheduled"}
        elif self._decoupled or request._sender is not None:
            return {"kind": "none"}
        else:
            entry = error_entry(
                f"the execute function of model '{self._setup['instanceName']}' returned None for "
                "a request whose response sender it has not asked for"
            )
        self._host.request_ended(request._key)
        return entry

    def _failure(self, request: InferenceRequest, error: BaseException) -> Dict[str, Any]:
        self._host.request_ended(request._key)
        return {**error_entry(self._explain(error)), "outOfMemory": isinstance(error, MemoryError)}

    def _explain(self, error: BaseException) -> str:
        name = self._setup["instanceName"]
        # What breaks a rule has nothing to trace back to.
        told = isinstance(error, (ExecutionRuleError, ModelFault))
        text = str(error) if told else describe(error)
        return f"Failed to process the request(s) for model '{name}', message: {text}"

    def _take_notices(self, server: Any, seconds: Optional[float]) -> None:
        server.listen(-1 if seconds is None else seconds * 1000)


def make_runner(server: Any, setup: str) -> Runner:
    """A Runner whose start and end raise RuntimeError with what the model's author is to see."""

    def explained(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except BaseException as error:
                raise RuntimeError(_MARK + describe(error) + _MARK) from None

        return call

    runner: Any = explained(Runner)(server, setup)
    for name in ("complete", "initialize", "finalize"):
        setattr(runner, name, explained(getattr(runner, name)))
    return runner


def describe(error: BaseException) -> str:
    """The exception, and the calls of the model that led to it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_FOLDER):
        trace = trace.tb_next
    if isinstance(error, ModuleNotFoundError):
        error = _with_remedy(error)
    return describe_exception(error.with_traceback(trace))


def _with_remedy(error: ModuleNotFoundError) -> ModuleNotFoundError:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return ModuleNotFoundError(
        f"{error}; a package is looked for as a wheel, which has to fit Pyodide with Python "
        f"{version}, in the folder 'wheels' beside the model's file, in that of the setting "
        "packages-directory and in that of pyodide-directory",
        name=error.name,
    )
