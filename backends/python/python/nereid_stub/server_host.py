"""What nereid_pb_utils needs of the server, over the connection."""

import json
import sys
import threading
from typing import Any, Dict, List, Optional, Set, Tuple

from nereid_pb_utils.errors import TritonModelException
from nereid_pb_utils.host import Host

from .asks import encode_ask, read_answer
from .connection import Frame
from .responses import append_response
from .wire_format import (
    ANSWER,
    CALL,
    CANCEL,
    CANCEL_ASK,
    CREDIT,
    FLAG_FINAL,
    FRAME,
    FREE,
    LOG,
    REPLY,
    RESPONSE,
)

__all__ = ["ServerHost"]

#: Bytes of a request's responses that may be on their way to a client that does not take them.
_WINDOW_BYTES = 1024 * 1024


class ServerHost(Host):
    def __init__(self) -> None:
        self.model_directory = ""
        self.cancelled: Set[int] = set()
        self.connection: Any = None
        self.memory: Any = None
        self.executor: Any = None
        self.executing = False
        self._lock = threading.Lock()
        #: By request: bytes on their way that the client has not taken.
        self._untaken: Dict[int, int] = {}
        #: By request or by call: what a thread waits for.
        self._waiting: Dict[Any, Any] = {}
        self._replies: Dict[int, Any] = {}
        #: By call of another model: who takes its answers, and whether an event loop waits.
        self._deliver: Dict[int, Tuple[Any, bool]] = {}
        self._next_call = 1

    # The model's side.

    def send(self, key: int, response: Any, flags: int) -> None:
        parts: List[Any] = [b""]
        final = bool(flags & FLAG_FINAL)
        try:
            size, shared = append_response(
                parts, self.memory, key, response, FLAG_FINAL if final else 0
            )
        except Exception as error:
            raise TritonModelException(f"{type(error).__name__}: {error}") from error
        size += FRAME.size
        parts[0] = FRAME.pack(size, RESPONSE, 1, 0, 0)
        if final:
            self._untaken.pop(key, None)
            self.executor.request_ended(key)
        else:
            self._await_window(key, size + shared)
        self.connection.send(parts)

    def is_cancelled(self, key: int) -> bool:
        if key not in self.cancelled:
            self.connection.poll()
        return key in self.cancelled

    def wait(self, lock: Any) -> None:
        self.connection.wait(lock)

    def start_inference(self, request: Any, decoupled: bool, deliver: Any) -> int:
        with self._lock:
            number = self._next_call
            self._next_call += 1
        try:
            parts = encode_ask(self.memory, request, number, self.executor.batch, decoupled)
        except Exception as error:
            raise TritonModelException(f"{type(error).__name__}: {error}") from error
        in_background = _in_event_loop()
        self._deliver[number] = (deliver, in_background)
        if in_background:
            self.connection.add_waiter()
        self.connection.send(parts)
        if in_background:
            self.connection.read_in_background()
        return number

    def cancel_inference(self, call: int) -> None:
        if call in self._deliver:
            self.connection.send([FRAME.pack(FRAME.size, CANCEL_ASK, 0, call, 0)])

    def in_execute(self) -> bool:
        return self.executing

    def log(self, level: int, message: str, filename: str, line: int) -> None:
        text = json.dumps({"message": message, "file": filename, "line": line}).encode()
        self._send_text(LOG, level, text)

    def load_model(self, name: str, config: str, files: Dict[str, bytes]) -> None:
        attachments = list(files.values())
        sizes = [[path, len(content)] for path, content in files.items()]
        self._call("load_model", {"name": name, "config": config, "files": sizes}, attachments)

    def unload_model(self, name: str, unload_dependents: bool) -> None:
        self._call("unload_model", {"name": name, "unloadDependents": unload_dependents})

    def is_model_ready(self, name: str, version: str) -> bool:
        return bool(self._call("is_model_ready", {"name": name, "version": version}))

    def metric(self, operation: str, arguments: Dict[str, Any]) -> Any:
        return self._call("metric", {"operation": operation, "arguments": arguments})

    # The server's side: called by whoever reads.

    def handle(self, frame: Frame) -> None:
        kind, count, number, extra, view, begin, end = frame
        if kind == CREDIT:
            self._credited(number, extra)
        elif kind == CANCEL:
            self.cancelled.add(number)
        elif kind == FREE:
            self.memory.free(view[begin : begin + 8 * count].cast("Q").tolist())
        elif kind == ANSWER:
            self._answered(frame)
        elif kind == REPLY:
            with self._lock:
                lock = self._waiting.pop(("call", number), None)
                self._replies[number] = json.loads(bytes(view[begin : begin + extra]))
            if lock is not None:
                lock.release()

    def _answered(self, frame: Frame) -> None:
        number, final = frame[2], bool(frame[3] & FLAG_FINAL)
        deliver, in_background = self._deliver.get(number, (None, False))
        response = None
        if frame[1]:
            views: List[Any] = []
            response = read_answer(frame, self.memory, views)
            self.executor.inputs.ended(views)
        if final:
            self._deliver.pop(number, None)
            if in_background:
                self.connection.remove_waiter()
        if deliver is not None:
            deliver(response, final)

    def _await_window(self, key: int, size: int) -> None:
        while True:
            with self._lock:
                untaken = self._untaken.get(key, 0)
                if untaken == 0 or untaken + size <= _WINDOW_BYTES or key in self.cancelled:
                    self._untaken[key] = untaken + size
                    return
                lock = self._waiting.get(key)
                if lock is None:
                    lock = self._waiting[key] = threading.Lock()
                    lock.acquire()
            self.connection.wait(lock)

    def _credited(self, key: int, size: int) -> None:
        with self._lock:
            untaken = self._untaken.get(key)
            if untaken is not None:
                self._untaken[key] = max(untaken - size, 0)
            lock = self._waiting.pop(key, None)
        if lock is not None:
            lock.release()

    def _call(
        self, operation: str, value: Dict[str, Any], attachments: Optional[List[bytes]] = None
    ) -> Any:
        text = json.dumps({"operation": operation, "value": value}).encode()
        lock = threading.Lock()
        lock.acquire()
        with self._lock:
            number = self._next_call
            self._next_call += 1
            self._waiting[("call", number)] = lock
        self._send_text(CALL, number, text, attachments or [])
        self.connection.wait(lock)
        reply = self._replies.pop(number)
        if "error" in reply:
            raise TritonModelException(reply["error"]["message"])
        return reply.get("value")

    def _send_text(
        self, kind: int, number: int, text: bytes, attachments: Optional[List[bytes]] = None
    ) -> None:
        content = [text, *(attachments or [])]
        size = FRAME.size + sum(len(part) for part in content)
        padding = b"\0" * (-size & 7)
        head = FRAME.pack(size + len(padding), kind, 1, number, len(text))
        self.connection.send([head, *content, padding])


def _in_event_loop() -> bool:
    """Whether an event loop runs on this thread, so that nobody will wait for an answer by name."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None
