"""Stands in for the server in a unit test of a model."""

import os
import sys
import threading
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Union

from .detached_metrics import DetachedMetrics
from .errors import TritonError, TritonModelException
from .host import Deliver, Host
from .response import InferenceResponse
from .tensor import Tensor

__all__ = ["Answer", "DetachedHost", "LogLine", "SentResponses"]

#: What a fake model answers: a response, outputs by name, or several of them in turn.
Answer = Union[InferenceResponse, Dict[str, Any], None]

_LEVELS = ("INFO", "WARNING", "ERROR", "VERBOSE")
_VERBOSE = 3


class LogLine(NamedTuple):
    level: str
    message: str
    filename: str
    line: int


class SentResponses:
    """The key of a request without a server: collects what its sender sends."""

    def __init__(self) -> None:
        self.responses: List[InferenceResponse] = []
        self.cancelled = False
        self._final = threading.Event()

    @property
    def final(self) -> bool:
        return self._final.is_set()

    def receive(self, response: Optional[InferenceResponse], final: bool) -> None:
        if response is not None:
            self.responses.append(response)
        if final:
            self._final.set()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the final response; False when it has not come in time."""
        return self._final.wait(timeout_s)


class _Call:
    """One inference of a fake model."""

    def __init__(self) -> None:
        self.cancelled = False


class DetachedHost(Host):
    """Answers from functions that a test registers, and keeps logs and metrics in memory."""

    def __init__(self, model_directory: str = "", verbose: bool = False) -> None:
        self.model_directory = model_directory or os.getcwd()
        self.logs: List[LogLine] = []
        self.metrics = DetachedMetrics()
        #: Names, configurations and files of load_model, in the order of the calls.
        self.loads: List[Any] = []
        self._verbose = verbose
        self._models: Dict[str, Callable[..., Any]] = {}
        self._unloaded: Dict[str, Callable[..., Any]] = {}

    def register_model(self, name: str, function: Callable[..., Any]) -> None:
        """Has ``function`` answer requests for the model ``name``.

        It is given the InferenceRequest and returns an InferenceResponse, or a dict of output name
        to numpy array. A decoupled model is a function that returns an iterable of these, such as
        a generator. What it raises becomes the error of the response.
        """
        self._models[name] = function

    def send(self, key: Any, response: Any, flags: int) -> None:
        key.receive(response, flags == 1)

    def is_cancelled(self, key: Any) -> bool:
        return bool(key.cancelled)

    def in_execute(self) -> bool:
        return True

    def start_inference(self, request: Any, decoupled: bool, deliver: Deliver) -> Any:
        call = _Call()
        work = threading.Thread(
            target=self._run, args=(request, decoupled, deliver, call), daemon=True
        )
        work.start()
        return call

    def cancel_inference(self, call: Any) -> None:
        call.cancelled = True

    def log(self, level: int, message: str, filename: str, line: int) -> None:
        self.logs.append(LogLine(_LEVELS[level], message, filename, line))
        if level != _VERBOSE or self._verbose:
            where = f"{os.path.basename(filename)}:{line}"
            print(f"{_LEVELS[level][0]} {where}] {message}", file=sys.stderr)

    def load_model(self, name: str, config: str, files: Dict[str, bytes]) -> None:
        self.loads.append((name, config, files))
        if name in self._unloaded:
            self._models[name] = self._unloaded.pop(name)
        if name not in self._models:
            raise TritonModelException(
                f"failed to load '{name}', failed to poll from model repository"
            )

    def unload_model(self, name: str, unload_dependents: bool) -> None:
        if name in self._models:
            self._unloaded[name] = self._models.pop(name)

    def is_model_ready(self, name: str, version: str) -> bool:
        return name in self._models

    def metric(self, operation: str, arguments: Dict[str, Any]) -> Any:
        return self.metrics.apply(operation, arguments)

    def _run(self, request: Any, decoupled: bool, deliver: Deliver, call: _Call) -> None:
        try:
            responses = self._answers(request, decoupled)
            for response in responses:
                if call.cancelled:
                    break
                deliver(_as_response(response), False)
        except Exception as error:  # Whatever a fake model raises is its answer.
            deliver(InferenceResponse(error=_as_error(request, error)), True)
            return
        deliver(None, True)

    def _answers(self, request: Any, decoupled: bool) -> Iterable[Any]:
        name = request.model_name()
        function = self._models.get(name)
        if function is None:
            raise TritonModelException(
                f"Failed for execute the inference request. Model '{name}' is not ready."
            )
        answer = function(request)
        if answer is None or isinstance(answer, (InferenceResponse, dict)):
            return [answer] if answer is not None else []
        if not decoupled:
            raise TritonModelException(
                f"Model {name} is using the decoupled. The current BLS request call doesn't "
                "support models using the decoupled transaction policy. Please use "
                "'decoupled=True' argument to the 'exec' or 'async_exec' calls for decoupled "
                "models.'"
            )
        return answer  # type: ignore[no-any-return]


def _as_response(answer: Any) -> InferenceResponse:
    if isinstance(answer, InferenceResponse):
        return answer
    return InferenceResponse([Tensor(name, array) for name, array in answer.items()])


def _as_error(request: Any, error: Exception) -> TritonError:
    return TritonError(
        f"Model {request.model_name()} - Error when running inference: {error}",
        TritonError.INTERNAL,
    )
