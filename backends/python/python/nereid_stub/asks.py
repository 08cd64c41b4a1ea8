"""Requests that the model makes of other models, and their answers."""

from typing import Any, List

from nereid_pb_utils.errors import TritonError
from nereid_pb_utils.response import InferenceResponse

from .input_memory import View
from .parameters import encode_parameters
from .requests import place_tensors
from .responses import encode_tensors
from .shared_memory import SharedMemory
from .signatures import read_signature
from .wire_format import (
    ASK,
    ASK_DECOUPLED,
    ASK_HEAD,
    FRAME,
    PADDING,
    RESPONSE_HEAD,
    STATUS_ERROR,
    aligned,
)

__all__ = ["encode_ask", "read_answer"]

_SEQUENCE_FLAGS = 3


def encode_ask(
    memory: SharedMemory, request: Any, number: int, batch: int, decoupled: bool
) -> List[Any]:
    """The parts of a frame. ``batch`` is the one that waits for the answer, or 0."""
    signature, content, size, _ = encode_tensors(
        memory, request._inputs, request._requested_output_names
    )
    name = request._model_name.encode()
    request_id = request._request_id.encode()
    correlation = request._correlation_id
    correlation_text = correlation.encode() if isinstance(correlation, str) else b""
    parameters = encode_parameters(request._parameters)
    texts = name + request_id + correlation_text + parameters
    padding = PADDING[len(texts) & 7]
    head = ASK_HEAD.pack(
        batch,
        len(signature),
        request._timeout,
        0 if correlation_text else correlation or 0,
        request._model_version,
        len(name),
        len(request_id),
        len(correlation_text),
        0,
        len(parameters),
        request._flags & _SEQUENCE_FLAGS | (ASK_DECOUPLED if decoupled else 0),
        0,
    )
    size += FRAME.size + len(head) + len(signature) + len(texts) + len(padding)
    start = FRAME.pack(size, ASK, 1, number, 0)
    return [start, head, signature, texts, padding, *content]


def read_answer(frame: Any, memory: SharedMemory, views: List[View]) -> InferenceResponse:
    """``views`` takes the tensors that lie in shared memory."""
    view, begin = frame[4], frame[5]
    head = RESPONSE_HEAD.unpack_from(view, begin)
    _, _, status, code, _, _, signature_size, text_size, parameters_size = head
    signature_end = begin + RESPONSE_HEAD.size + signature_size
    text_end = signature_end + text_size
    if status == STATUS_ERROR:
        message = bytes(view[signature_end:text_end]).decode()
        return InferenceResponse._from_server([], TritonError(message, code), None)
    plan = read_signature(bytes(view[begin + RESPONSE_HEAD.size : signature_end]))
    parameters = bytes(view[text_end : text_end + parameters_size]).decode()
    data = signature_end + aligned(text_size + parameters_size)
    tensors = place_tensors(plan, view, data, memory, views)
    return InferenceResponse._from_server(tensors, None, parameters or None)
