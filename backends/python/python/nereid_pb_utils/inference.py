"""Inference of other models from within a model (business logic scripting, BLS)."""

import threading
from typing import Any, Iterator, List, Optional

from .errors import TritonModelException
from .host import current_host
from .response import InferenceResponse

__all__ = ["ResponseIterator", "infer", "infer_async"]


class _SingleResponse:
    """Takes what a host delivers for a call that has one response."""

    __slots__ = ("_response", "_done")

    def __init__(self) -> None:
        self._response: Optional[InferenceResponse] = None
        # A bare lock, released by the delivery, is the cheapest thing to wait for.
        self._done = threading.Lock()
        self._done.acquire()

    def deliver(self, response: Optional[InferenceResponse], final: bool) -> None:
        if self._response is None:
            self._response = response
        if final:
            self._done.release()

    def wait(self) -> InferenceResponse:
        current_host().wait(self._done)
        return self._response or InferenceResponse()


class ResponseIterator(Iterator[InferenceResponse]):
    """The responses of a decoupled call, as they come.

    When the other model ends without a response, the last item is one without tensors. After the
    end, iterating again starts from the first response.
    """

    __slots__ = ("_call", "_responses", "_next", "_ended", "_lock", "_arrived")

    def __init__(self) -> None:
        self._call: Any = None
        self._responses: List[InferenceResponse] = []
        self._next = 0
        self._ended = False
        self._lock = threading.Lock()
        # Held while there is nothing to read; only the reader acquires it.
        self._arrived = threading.Lock()
        self._arrived.acquire()

    def __iter__(self) -> "ResponseIterator":
        if self._ended and self._next >= len(self._responses):
            self._next = 0
        return self

    def __next__(self) -> InferenceResponse:
        while self._next >= len(self._responses):
            if self._ended:
                raise StopIteration("Iteration is done for the responses.")
            current_host().wait(self._arrived)
        response = self._responses[self._next]
        self._next += 1
        return response

    def cancel(self) -> None:
        """Tells the other model that no more responses are wanted."""
        if not self._ended:
            current_host().cancel_inference(self._call)

    def _deliver(self, response: Optional[InferenceResponse], final: bool) -> None:
        with self._lock:
            if response is not None or final:
                self._responses.append(response or InferenceResponse())
            if final:
                self._ended = True
            if self._arrived.locked():
                self._arrived.release()


def infer(request: Any, decoupled: bool) -> Any:
    """Runs a request and waits for its response, or with ``decoupled`` for none yet."""
    host = current_host()
    _check_in_execute(host)
    if decoupled:
        return _start_decoupled(host, request)
    single = _SingleResponse()
    host.start_inference(request, False, single.deliver)
    return single.wait()


def infer_async(request: Any, decoupled: bool) -> Any:
    """Starts a request and returns a future of the running event loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    host = current_host()
    _check_in_execute(host)
    future = loop.create_future()
    if decoupled:
        future.set_result(_start_decoupled(host, request))
        return future
    received: List[InferenceResponse] = []

    def settle() -> None:
        if not future.done():
            future.set_result(received[0] if received else InferenceResponse())

    def deliver(response: Optional[InferenceResponse], final: bool) -> None:
        if response is not None:
            received.append(response)
        if final and not loop.is_closed():
            loop.call_soon_threadsafe(settle)

    call = host.start_inference(request, False, deliver)
    future.add_done_callback(
        lambda done: host.cancel_inference(call) if done.cancelled() else None
    )
    return future


def _start_decoupled(host: Any, request: Any) -> ResponseIterator:
    iterator = ResponseIterator()
    iterator._call = host.start_inference(request, True, iterator._deliver)
    return iterator


def _check_in_execute(host: Any) -> None:
    if not host.in_execute():
        raise TritonModelException("BLS is only supported during the 'execute' function.")
