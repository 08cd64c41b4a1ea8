"""Sends the responses of one request, during execute or after it, from any thread."""

import threading
from typing import Any, Optional

from .errors import TritonModelException
from .host import current_host
from .response import InferenceResponse

__all__ = ["InferenceResponseSender", "RESPONSE_COMPLETE_FINAL"]

RESPONSE_COMPLETE_FINAL = 1


class InferenceResponseSender:
    """Made by InferenceRequest.get_response_sender, once per request."""

    __slots__ = ("_key", "_decoupled", "_sent", "_closed", "_lock")

    def __init__(self, key: Any, decoupled: bool) -> None:
        self._key = key
        self._decoupled = decoupled
        self._sent = False
        self._closed = False
        self._lock = threading.Lock()

    def send(self, response: Optional[InferenceResponse] = None, flags: int = 0) -> None:
        """Sends a response, or with the FINAL flag the end, or both at once."""
        if flags not in (0, RESPONSE_COMPLETE_FINAL):
            raise TritonModelException("Unable to send response. Unsupported flag provided.")
        if response is None and not flags:
            raise TritonModelException(
                "Inference Response object must be provided when the response flags is set to zero."
            )
        if response is not None and not isinstance(response, InferenceResponse):
            raise TypeError(f"send takes an InferenceResponse, found {type(response)}")
        # The order of two threads' responses is the order in which they come here.
        with self._lock:
            self._check_open(response)
            self._sent = True
            self._closed = flags == RESPONSE_COMPLETE_FINAL
            current_host().send(self._key, response, flags)

    def is_cancelled(self) -> bool:
        """Whether the client has gone, so that further responses are for nobody."""
        return self._key is not None and current_host().is_cancelled(self._key)

    def _check_open(self, response: Optional[InferenceResponse]) -> None:
        if self._key is None:
            raise TritonModelException(
                "Unable to send response. Response sender has no reference to the decoupled state "
                "of the model."
            )
        if self._closed:
            raise TritonModelException("Unable to send response. Response sender has been closed.")
        if self._decoupled:
            return
        if self._sent and response is not None:
            raise TritonModelException(
                "Unable to send response. Non-decoupled model cannot send more than one response."
            )
        if not self._sent and response is None:
            raise TritonModelException(
                "Unable to send response. Non-decoupled model cannot send complete final before "
                "sending a response."
            )
