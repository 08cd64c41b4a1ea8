"""Responses as the protocol has them."""

from typing import Any, Dict, List, Sequence, Tuple

from .parameters import encode_parameters
from .shared_memory import MIN_SHARED_BYTES, SharedMemory
from .signatures import encode_signature
from .wire_format import (
    FLAG_FINAL,
    PADDING,
    RESPONSE_HEAD,
    RESPONSE_START,
    STATUS_ERROR,
    STATUS_NONE,
    STATUS_RESPONSE,
)

__all__ = ["append_error", "append_response", "append_status", "encode_tensors"]

_HEAD_BYTES = RESPONSE_HEAD.size
_BYTES_CODE = 13
_POSITION_BYTES = 8
_MAX_KNOWN = 1024

#: By flags and what is to know of each tensor: the size of a response without parameters, and what
#: stands in it between key and data.
_beginnings: Dict[Any, Tuple[int, bytes]] = {}


def encode_tensors(
    memory: SharedMemory, tensors: Sequence[Any], requested: Sequence[str] = ()
) -> Tuple[bytes, List[Any], int, int]:
    """The signature, what follows it, its size, and how many bytes lie in shared memory.

    The data that is not in shared memory is copied as the parts are joined, and no other time.
    """
    described = []
    positions: List[bytes] = []
    parts: List[Any] = []
    size = 0
    shared_size = 0
    for tensor in tensors:
        code = tensor._code
        if tensor._data is None and code != _BYTES_CODE:
            data = tensor._array
            length = data.nbytes
        else:
            data = tensor._buffer()
            length = len(data) if isinstance(data, bytes) else data.nbytes
        position = memory.store(tensor._buffer(), length) if length >= MIN_SHARED_BYTES else None
        shape = tensor._shape if tensor._shape.__class__ is tuple else tuple(tensor._shape)
        described.append((tensor._name, code, shape, length, position is not None))
        if position is not None:
            positions.append(position.to_bytes(_POSITION_BYTES, "little"))
            size += _POSITION_BYTES
            shared_size += length
            continue
        padding = PADDING[length & 7]
        parts.append(data)
        parts.append(padding)
        size += length + len(padding)
    signature = encode_signature(tuple(described), requested)
    return signature, positions + parts if positions else parts, size, shared_size


def append_response(
    parts: List[Any], memory: SharedMemory, key: int, response: Any, flags: int
) -> Tuple[int, int]:
    """Appends a response, or the end of a request when it is None.

    Returns how many bytes that are, and how many lie in shared memory. Raises before it appends.
    """
    if response is None:
        return append_status(parts, key, STATUS_NONE, flags), 0
    error = response._error
    if error is not None:
        return append_error(parts, key, error.message(), int(error.code()), flags), 0
    if response._parameters:
        return _append_any(parts, memory, key, response, flags)
    content: List[Any] = [b"", b""]
    layout: Any = flags
    for tensor in response._output_tensors:
        code = tensor._code
        data = tensor._data
        if data is None and code != _BYTES_CODE:
            data = tensor._array
            length = data.nbytes
        else:
            data = tensor._buffer()
            length = len(data) if data.__class__ is bytes else data.nbytes
        if length >= MIN_SHARED_BYTES:
            return _append_any(parts, memory, key, response, flags)
        shape = tensor._shape
        if shape.__class__ is not tuple:
            shape = tuple(shape)
        layout = (layout, tensor._name, code, shape, length)
        content.append(data)
        if length & 7:
            content.append(PADDING[length & 7])
    known = _beginnings.get(layout)
    if known is None:
        known = _remember(layout, flags)
    size = known[0]
    content[0] = RESPONSE_START.pack(size, key)
    content[1] = known[1]
    parts += content
    return size, 0


def _remember(layout: Any, flags: int) -> Tuple[int, bytes]:
    """The size and the beginning of all responses with the same flags and tensors."""
    described = []
    size = 0
    rest = layout
    while rest.__class__ is tuple:
        rest, name, code, shape, length = rest
        described.append((name, code, shape, length, False))
        size += length + len(PADDING[length & 7])
    signature = encode_signature(tuple(reversed(described)))
    head = RESPONSE_HEAD.pack(0, 0, STATUS_RESPONSE, 0, flags, 0, len(signature), 0, 0)
    known = (_HEAD_BYTES + len(signature) + size, head[RESPONSE_START.size :] + signature)
    if len(_beginnings) >= _MAX_KNOWN:
        _beginnings.clear()
    _beginnings[layout] = known
    return known


def _append_any(
    parts: List[Any], memory: SharedMemory, key: int, response: Any, flags: int
) -> Tuple[int, int]:
    """As append_response, with parameters and with tensors in shared memory."""
    signature, content, size, shared_size = encode_tensors(memory, response._output_tensors)
    parameters = encode_parameters(response._parameters) if response._parameters else b""
    padding = PADDING[len(parameters) & 7]
    size += _HEAD_BYTES + len(signature) + len(parameters) + len(padding)
    head = (size, key, STATUS_RESPONSE, 0, flags, 0, len(signature), 0, len(parameters))
    parts += (RESPONSE_HEAD.pack(*head), signature, parameters, padding)
    parts += content
    return size, shared_size


def append_error(
    parts: List[Any], key: int, message: str, code: int, flags: int = FLAG_FINAL
) -> int:
    text = message.encode("utf-8", "replace")
    padding = PADDING[len(text) & 7]
    size = _HEAD_BYTES + len(text) + len(padding)
    head = (size, key, STATUS_ERROR, code, flags, 0, 0, len(text), 0)
    parts.extend((RESPONSE_HEAD.pack(*head), text, padding))
    return size


def append_status(parts: List[Any], key: int, status: int, flags: int) -> int:
    parts.append(RESPONSE_HEAD.pack(_HEAD_BYTES, key, status, 0, flags, 0, 0, 0, 0))
    return _HEAD_BYTES
