"""BYTES tensors: each element is its length as a little-endian uint32, then its bytes."""

import struct
from typing import Any, Iterable, List, Optional

__all__ = [
    "deserialize_bytes_tensor",
    "join_elements",
    "serialize_byte_tensor",
    "split_elements",
]

_pack_length = struct.Struct("<I").pack
_unpack_length = struct.Struct("<I").unpack_from


def join_elements(elements: Iterable[Any]) -> bytes:
    """Serializes elements. What is not bytes becomes the UTF-8 of its text."""
    encoded: List[Any] = list(elements)
    if set(map(type, encoded)) != {bytes}:
        encoded = [_to_bytes(element) for element in encoded]
    # The lengths and the elements are interleaved by slices: no Python code runs per element.
    pieces: List[Any] = [None] * (2 * len(encoded))
    pieces[0::2] = map(_pack_length, map(len, encoded))
    pieces[1::2] = encoded
    return b"".join(pieces)


def split_elements(data: Any) -> List[bytes]:
    """The elements of serialized data, bytes or a memoryview of bytes.

    Raises struct.error when the data ends within an element.
    """
    elements = []
    offset, end = 0, len(data)
    while offset < end:
        start = offset + 4
        offset = start + _unpack_length(data, offset)[0]
        if offset > end:
            raise struct.error(f"an element ends at byte {offset} of {end}")
        elements.append(bytes(data[start:offset]))
    return elements


def serialize_byte_tensor(input_tensor: Any) -> Optional[bytes]:
    """Serializes a numpy array of objects or of ``S`` strings; None for any other array."""
    if input_tensor.size == 0:
        return b""
    if input_tensor.dtype.kind not in "OS":
        return None
    return join_elements(input_tensor.ravel().tolist())


def deserialize_bytes_tensor(encoded_tensor: Any) -> Any:
    """The elements of serialized data as a one-dimensional numpy array of bytes objects."""
    return object_array(split_elements(encoded_tensor))


def object_array(elements: List[bytes]) -> Any:
    """A one-dimensional numpy array of objects, filled without looking into them."""
    import numpy

    array = numpy.empty(len(elements), dtype=numpy.object_)
    array[:] = elements
    return array


def _to_bytes(element: Any) -> bytes:
    if isinstance(element, bytes):
        return element
    if isinstance(element, (bytearray, memoryview)):
        return bytes(element)
    return str(element).encode("utf-8")
