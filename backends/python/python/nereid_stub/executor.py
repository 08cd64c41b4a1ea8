"""Executes batches: the path of each request."""

import time
from types import CoroutineType
from typing import Any, Callable, List, Optional, Set

from nereid_pb_utils.execution_result import ExecutionRuleError, check_result
from nereid_pb_utils.request import RELEASE_RESCHEDULE

from .connection import Connection, Frame
from .coroutines import CoroutineThread
from .failures import describe_exception
from .input_memory import InputMemory
from .model_runner import ModelFault, ModelRunner
from .requests import RequestReader
from .responses import append_error, append_response, append_status
from .shared_memory import SharedMemory
from .wire_format import (
    DONE,
    DONE_HEAD,
    FLAG_FINAL,
    FRAME,
    RESPONSE,
    STARTED_BATCH,
    STATUS_NONE,
    STATUS_RESCHEDULED,
)

__all__ = ["Executor"]

_HEAD_BYTES = FRAME.size + DONE_HEAD.size
_INTERNAL = 1
_CANCELLED = 7
#: An execution is quick up to this time, and executions are after so many in a row.
_QUICK_NS = 100_000
_QUICK_COUNT = 16
_NO_RESPONSE = (
    "the execute function returned None for a request, and the model has not asked for the "
    "request's response sender"
)


class Executor:
    def __init__(
        self,
        connection: Connection,
        memory: SharedMemory,
        model: ModelRunner,
        cancelled: Set[int],
        log_error: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._words = memory.words
        self._model = model
        self._cancelled = cancelled
        self._log_error = log_error
        self._coroutines = CoroutineThread()
        self.reader = RequestReader(memory, cancelled)
        self.inputs = InputMemory()
        #: Batches come while others execute, and wait here.
        self.batches_ahead = False
        #: Executions in a row that took microseconds.
        self._quick_count = 0
        #: The batch that execute has at present, or 0.
        self.batch = 0

    def run(self, frame: Frame) -> None:
        """Executes a batch and answers it."""
        self.batch = batch = frame[2]
        self._words[STARTED_BATCH] = batch
        requests = self.reader.read(frame, self.inputs.by_request)
        if self._cancelled and self._are_given_up(requests):
            self._refuse(batch, requests)
            return
        responses: Any = None
        failure: Optional[str] = None
        start = time.monotonic_ns()
        try:
            responses = self._model.execute(requests)
            if responses is not None:
                responses = self._checked(requests, responses)
        except (ModelFault, ExecutionRuleError) as fault:
            failure = self._failed(str(fault))
        # Also SystemExit and KeyboardInterrupt, which are the model's own doing.
        except BaseException as error:
            failure = self._failed(describe_exception(error))
        end = time.monotonic_ns()
        self.batch = 0
        parts: List[Any] = [b"", DONE_HEAD.pack(start, end)]
        if failure is None:
            size = self._append_answers(parts, requests, responses)
        else:
            size = self._append_failure(parts, requests, failure)
        parts[0] = FRAME.pack(_HEAD_BYTES + size, DONE, len(requests), batch, 0)
        if not self.inputs.by_request and not self.inputs.waits:
            self._answer(parts, start, end)
            return
        done = b"".join(parts)
        # What is left of the requests is left with the model.
        del requests, responses, parts
        self._connection.send([done, self.inputs.release()])

    def _answer(self, parts: List[Any], start: int, end: int) -> None:
        """Sends an answer; where one takes microseconds, together with those that follow."""
        if end - start > _QUICK_NS:
            self._quick_count = 0
        elif self._quick_count >= _QUICK_COUNT:
            self._connection.send_soon(parts, end)
            return
        else:
            self._quick_count += 1
        self._connection.send(parts)

    def _are_given_up(self, requests: List[Any]) -> bool:
        """Whether nobody waits any more for what has waited here, behind other batches."""
        return self.batches_ahead and all(r._key in self._cancelled for r in requests)

    def _refuse(self, batch: int, requests: List[Any]) -> None:
        now = time.monotonic_ns()
        parts: List[Any] = [b"", DONE_HEAD.pack(now, now)]
        size = _HEAD_BYTES
        for request in requests:
            size += append_error(parts, request._key, "", _CANCELLED)
            self.request_ended(request._key)
        parts[0] = FRAME.pack(size, DONE, len(requests), batch, 0)
        self.batch = 0
        self._connection.send(parts)

    def _checked(self, requests: List[Any], responses: Any) -> Any:
        if isinstance(responses, CoroutineType):
            if self.reader.decoupled:
                keys = [request._key for request in requests]
                self._coroutines.start(responses, lambda error: self._fail_later(keys, error))
                return None
            responses = self._coroutines.run(responses)
            if responses is None:
                return None
        check_result(requests, responses, self.reader.decoupled, self._model.name)
        return responses

    def _append_answers(self, parts: List[Any], requests: List[Any], responses: Any) -> int:
        size = 0
        for index, request in enumerate(requests):
            key = request._key
            response = None if responses is None else responses[index]
            if response is not None:
                size += self._append_response(parts, key, response)
            elif request._release_flags == RELEASE_RESCHEDULE:
                size += append_status(parts, key, STATUS_RESCHEDULED, FLAG_FINAL)
            elif request._sender is None and not self.reader.decoupled:
                size += append_error(parts, key, self._failed(_NO_RESPONSE), _INTERNAL)
            else:
                # The sender answers, or has done so.
                size += append_status(parts, key, STATUS_NONE, 0)
                continue
            self.request_ended(key)
        return size

    def _append_response(self, parts: List[Any], key: int, response: Any) -> int:
        try:
            return append_response(parts, self._memory, key, response, FLAG_FINAL)[0]
        except Exception as error:
            failure = self._failed(describe_exception(error))
            return append_error(parts, key, failure, _INTERNAL)

    def _append_failure(self, parts: List[Any], requests: List[Any], failure: str) -> int:
        self._log_error(failure)
        size = 0
        for request in requests:
            size += append_error(parts, request._key, failure, _INTERNAL)
            self.request_ended(request._key)
        return size

    def _fail_later(self, keys: List[int], error: BaseException) -> None:
        """A coroutine has failed that went on by itself. Requests that have ended take no harm."""
        failure = self._failed(describe_exception(error))
        self._log_error(failure)
        for key in keys:
            parts: List[Any] = [b""]
            size = append_error(parts, key, failure, _INTERNAL)
            parts[0] = FRAME.pack(FRAME.size + size, RESPONSE, 1, 0, 0)
            self.request_ended(key)
            self._connection.send(parts)

    def request_ended(self, key: int) -> None:
        if self._cancelled:
            self._cancelled.discard(key)
        if self.inputs.by_request:
            self.inputs.request_ended(key)

    def _failed(self, failure: str) -> str:
        name = self._model.name
        return f"Failed to process the request(s) for model '{name}', message: {failure}"
