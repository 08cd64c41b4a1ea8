"""What nereid_pb_utils needs of the server, in the one thread that there is."""

import json
from typing import Any, Callable, Dict, List, Optional, Set

from nereid_pb_utils.errors import TritonModelException
from nereid_pb_utils.host import Deliver, Host

from .wire import parameter_entries, read_response, response_entry, tensor_entries

__all__ = ["PyodideHost"]

_FINAL = 1
#: Bytes of a request's responses that may be on their way to a client that does not take them.
_WINDOW_BYTES = 1024 * 1024


class PyodideHost(Host):
    """``tell(kind, text, data)`` speaks to the server, ``listen(seconds)`` waits for a notice."""

    def __init__(
        self,
        tell: Callable[[str, str, bytes], None],
        listen: Callable[[Optional[float]], bool],
        model_directory: str,
    ) -> None:
        self.model_directory = model_directory
        self.executing = False
        #: The keys of the batch that execute has at present.
        self.batch: List[int] = []
        #: The outputs that each open request asks for; None for all.
        self.requested: Dict[int, Any] = {}
        self._tell = tell
        self._listen = listen
        self._cancelled: Set[int] = set()
        self._untaken: Dict[int, int] = {}
        self._deliveries: Dict[int, Deliver] = {}
        self._replies: Dict[int, Any] = {}
        self._next_call = 1

    def send(self, key: int, response: Any, flags: int) -> None:
        if key not in self.requested:
            return  # Its batch has failed, and the request with it.
        parts: List[Any] = []
        answer = None
        if response is not None:
            answer = response_entry(response, self.requested.get(key), parts)
        data = b"".join(parts)
        final = flags == _FINAL
        if final:
            self.request_ended(key)
        else:
            self._await_window(key, len(data) + 1)
        self._tell("response", json.dumps({"key": key, "answer": answer, "final": final}), data)

    def is_cancelled(self, key: int) -> bool:
        while self._listen(0):
            pass
        return key in self._cancelled

    def wait(self, done: Any) -> None:
        while not done.acquire(blocking=False):
            self._listen(None)

    def in_execute(self) -> bool:
        return self.executing

    def start_inference(self, request: Any, decoupled: bool, deliver: Deliver) -> Any:
        parts: List[Any] = []
        call = self._take_number()
        sequence = request.correlation_id()
        wire = {
            "call": call,
            "decoupled": decoupled,
            "parents": self.batch,
            "modelName": request.model_name(),
            "modelVersion": request.model_version(),
            "id": request.request_id(),
            "inputs": tensor_entries(request.inputs(), parts),
            "requestedOutputs": list(request._requested_output_names),
            "correlation": str(sequence),
            "correlationIsText": isinstance(sequence, str),
            "flags": request.flags(),
            "timeoutUs": request.timeout(),
            "parameters": parameter_entries(request),
        }
        self._deliveries[call] = deliver
        self._tell("infer", json.dumps(wire), b"".join(parts))
        return call

    def cancel_inference(self, call: Any) -> None:
        self._tell("cancelCall", json.dumps({"call": call}), b"")

    def log(self, level: int, message: str, filename: str, line: int) -> None:
        text = {"level": level, "message": message, "file": filename, "line": line}
        self._tell("log", json.dumps(text), b"")

    def load_model(self, name: str, config: str, files: Dict[str, bytes]) -> None:
        sizes = [[path, len(content)] for path, content in files.items()]
        value = {"name": name, "config": config, "files": sizes}
        self._ask("loadModel", value, b"".join(files.values()))

    def unload_model(self, name: str, unload_dependents: bool) -> None:
        self._ask("unloadModel", {"name": name, "unloadDependents": unload_dependents})

    def is_model_ready(self, name: str, version: str) -> bool:
        return bool(self._ask("isModelReady", {"name": name, "version": version}))

    def metric(self, operation: str, arguments: Dict[str, Any]) -> Any:
        return self._ask("metric", {"operation": operation, "arguments": arguments})

    def request_ended(self, key: int) -> None:
        """Nothing follows for the request."""
        self.requested.pop(key, None)
        self._untaken.pop(key, None)
        self._cancelled.discard(key)

    def receive(self, text: str, data: memoryview) -> None:
        """Takes in a notice of the server."""
        notice = json.loads(text)
        kind = notice["kind"]
        if kind == "cancelled":
            if notice["key"] in self.requested:
                self._cancelled.add(notice["key"])
        elif kind == "taken":
            if notice["key"] in self._untaken:
                self._untaken[notice["key"]] -= notice["sizeBytes"] + 1
        elif kind == "answer":
            self._deliver(notice, data)
        else:
            self._replies[notice["call"]] = notice

    def _deliver(self, notice: Dict[str, Any], data: memoryview) -> None:
        deliver = self._deliveries.get(notice["call"])
        if deliver is None:
            return
        if notice["final"]:
            del self._deliveries[notice["call"]]
        answer = notice["answer"]
        if answer is not None:
            self._tell("callTaken", json.dumps({"call": notice["call"]}), b"")
            deliver(read_response(answer, data), notice["final"])
        else:
            deliver(None, notice["final"])

    def _await_window(self, key: int, size: int) -> None:
        while self._untaken.get(key, 0) > 0 and self._untaken[key] + size > _WINDOW_BYTES:
            if key in self._cancelled:
                break
            self._listen(None)
        self._untaken[key] = self._untaken.get(key, 0) + size

    def _ask(self, kind: str, value: Dict[str, Any], data: bytes = b"") -> Any:
        call = self._take_number()
        self._tell(kind, json.dumps({**value, "call": call}), data)
        while call not in self._replies:
            self._listen(None)
        reply = self._replies.pop(call)
        if reply["error"] is not None:
            raise TritonModelException(reply["error"]["message"])
        return reply["value"]

    def _take_number(self) -> int:
        self._next_call += 1
        return self._next_call - 1
