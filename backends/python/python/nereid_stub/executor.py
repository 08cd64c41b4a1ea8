"""Executes batches: the path of each request."""

from time import monotonic_ns
from types import CoroutineType
from typing import Any, Callable, List, Optional, Set

from nereid_pb_utils.execution_result import ExecutionRuleError, check_result
from nereid_pb_utils.request import RELEASE_ALL, RELEASE_RESCHEDULE
from nereid_pb_utils.response import InferenceResponse

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
    DONE_FRAME,
    FLAG_FINAL,
    FRAME,
    RESPONSE,
    STARTED_BATCH,
    STATUS_NONE,
    STATUS_RESCHEDULED,
)

__all__ = ["Executor"]

_HEAD_BYTES = DONE_FRAME.size
_INTERNAL = 1
_CANCELLED = 7
#: An execution is quick up to this time, and executions are after so many in a row.
_QUICK_NS = 100_000
_QUICK_COUNT = 16
_NO_RESPONSE = (
    "the execute function returned None for a request, and the model has not asked for the "
    "request's response sender"
)


def _is_plain_result(requests: List[Any], responses: Any) -> bool:
    """Whether it is what nearly all executions return, which needs no further look."""
    if responses.__class__ is not list or len(responses) != len(requests):
        return False
    for request, response in zip(requests, responses):
        if response.__class__ is not InferenceResponse or request._release_flags != RELEASE_ALL:
            return False
    return True


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
        inputs = self.inputs
        decoupled = self.reader.decoupled
        self.batch = batch = frame[2]
        self._words[STARTED_BATCH] = batch
        requests = self.reader.read(frame, inputs.by_request)
        if self._cancelled and self._are_given_up(requests):
            self._refuse(batch, requests)
            return
        responses: Any = None
        failure: Optional[str] = None
        start = monotonic_ns()
        try:
            execute = getattr(self._model.instance, "execute", None)
            if execute is None:
                raise self._model.no_execute()
            responses = execute(requests)
            if responses is not None and (decoupled or not _is_plain_result(requests, responses)):
                responses = self._checked(requests, responses)
        except (ModelFault, ExecutionRuleError) as fault:
            failure = self._failed(str(fault))
        # Also SystemExit and KeyboardInterrupt, which are the model's own doing.
        except BaseException as error:
            failure = self._failed(describe_exception(error))
        end = monotonic_ns()
        self.batch = 0
        parts: List[Any] = [b""]
        if failure is None:
            size = self._append_answers(parts, requests, responses)
        else:
            size = self._append_failure(parts, requests, failure)
        parts[0] = DONE_FRAME.pack(_HEAD_BYTES + size, DONE, len(requests), batch, 0, start, end)
        if not inputs.by_request and not inputs.left:
            if self._quick_count >= _QUICK_COUNT and end - start <= _QUICK_NS:
                self._connection.send_soon(parts, end)
            else:
                self._answer_at_once(parts, end - start)
            return
        done = b"".join(parts)
        # What is left of the requests is left with the model.
        del requests, responses, parts
        self._connection.send([done, inputs.release()])

    def _answer_at_once(self, parts: List[Any], duration: int) -> None:
        """Where executions take microseconds, answers go out together; this is not known yet."""
        self._quick_count = self._quick_count + 1 if duration <= _QUICK_NS else 0
        self._connection.send(parts)

    def _are_given_up(self, requests: List[Any]) -> bool:
        """Whether nobody waits any more for what has waited here, behind other batches."""
        return self.batches_ahead and all(r._key in self._cancelled for r in requests)

    def _refuse(self, batch: int, requests: List[Any]) -> None:
        now = monotonic_ns()
        parts: List[Any] = [b""]
        size = _HEAD_BYTES
        for request in requests:
            size += append_error(parts, request._key, "", _CANCELLED)
            self.request_ended(request._key)
        parts[0] = DONE_FRAME.pack(size, DONE, len(requests), batch, 0, now, now)
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
        if responses is None:
            responses = (None,) * len(requests)
        for request, response in zip(requests, responses):
            key = request._key
            if response is not None:
                try:
                    size += append_response(parts, self._memory, key, response, FLAG_FINAL)[0]
                except Exception as error:
                    failure = self._failed(describe_exception(error))
                    size += append_error(parts, key, failure, _INTERNAL)
            elif request._release_flags == RELEASE_RESCHEDULE:
                size += append_status(parts, key, STATUS_RESCHEDULED, FLAG_FINAL)
            elif request._sender is None and not self.reader.decoupled:
                size += append_error(parts, key, self._failed(_NO_RESPONSE), _INTERNAL)
            else:
                # The sender answers, or has done so.
                size += append_status(parts, key, STATUS_NONE, 0)
                continue
            if self._cancelled or self.inputs.by_request:
                self.request_ended(key)
        return size

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
