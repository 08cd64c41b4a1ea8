"""What a frame says of tensors apart from their data. Alike for most requests, so remembered."""

from struct import Struct
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from .wire_format import aligned

__all__ = ["InputPlan", "encode_signature", "read_signature"]

_HEAD = Struct("<HHI")
#: datatype, rank, name length, shared, size in bytes
_TENSOR = Struct("<BBHIQ")
_LENGTH = Struct("<H")
_MAX_KNOWN = 1024


class InputPlan(NamedTuple):
    """How to find the tensors of a request whose data begins somewhere."""

    #: name, datatype code, shape, begin and end in the data; for a shared one its number and size
    tensors: Tuple[Tuple[str, int, Tuple[int, ...], bool, int, int], ...]
    requested: Tuple[str, ...]
    shared_count: int


_plans: Dict[bytes, InputPlan] = {}
_signatures: Dict[Any, bytes] = {}


def read_signature(signature: bytes) -> InputPlan:
    plan = _plans.get(signature)
    if plan is None:
        if len(_plans) >= _MAX_KNOWN:
            _plans.clear()
        plan = _plans[signature] = _parse(signature)
    return plan


def encode_signature(tensors: Tuple[Any, ...], requested: Sequence[str] = ()) -> bytes:
    """``tensors`` holds for each its name, datatype code, shape, size in bytes and shared."""
    key = (tensors, tuple(requested)) if requested else tensors
    signature = _signatures.get(key)
    if signature is None:
        if len(_signatures) >= _MAX_KNOWN:
            _signatures.clear()
        signature = _signatures[key] = _encode(tensors, requested)
    return signature


def _parse(signature: bytes) -> InputPlan:
    count, requested_count, _ = _HEAD.unpack_from(signature)
    position = _HEAD.size
    entries: List[Tuple[str, int, Tuple[int, ...], bool, int]] = []
    for _ in range(count):
        code, rank, name_length, shared, size = _TENSOR.unpack_from(signature, position)
        position += _TENSOR.size
        shape = Struct(f"<{rank}q").unpack_from(signature, position)
        position += 8 * rank
        name = signature[position : position + name_length].decode()
        position += aligned(name_length)
        entries.append((name, code, shape, bool(shared), size))
    requested = []
    for _ in range(requested_count):
        (length,) = _LENGTH.unpack_from(signature, position)
        position += 2
        requested.append(signature[position : position + length].decode())
        position += length
    return _plan(entries, tuple(requested))


def _plan(entries: Sequence[Any], requested: Tuple[str, ...]) -> InputPlan:
    shared_count = sum(shared for _, _, _, shared, _ in entries)
    begin = 8 * shared_count
    number = 0
    tensors = []
    for name, code, shape, shared, size in entries:
        if shared:
            tensors.append((name, code, shape, True, number, size))
            number += 1
        else:
            tensors.append((name, code, shape, False, begin, begin + size))
            begin += aligned(size)
    return InputPlan(tuple(tensors), requested, shared_count)


def _encode(tensors: Tuple[Any, ...], requested: Sequence[str]) -> bytes:
    parts = [_HEAD.pack(len(tensors), len(requested), 0)]
    for name, code, shape, size, shared in tensors:
        encoded = name.encode()
        parts.append(_TENSOR.pack(code, len(shape), len(encoded), shared, size))
        parts.append(Struct(f"<{len(shape)}q").pack(*shape))
        parts.append(encoded.ljust(aligned(len(encoded)), b"\0"))
    for name in requested:
        encoded = name.encode()
        parts.append(_LENGTH.pack(len(encoded)) + encoded)
    signature = b"".join(parts)
    return signature.ljust(aligned(len(signature)), b"\0")
