"""Parameters of responses and of requests to other models, with their types."""

import json
from struct import Struct
from typing import Any

__all__ = ["encode_parameters"]

_COUNT = Struct("<I")
#: kind, reserved, name length, value length
_HEAD = Struct("<BBHI")
_TEXT, _INTEGER, _BOOLEAN, _DOUBLE = 1, 2, 3, 4
_INTEGER_VALUE = Struct("<q")
_DOUBLE_VALUE = Struct("<d")


def encode_parameters(parameters: Any) -> bytes:
    """``parameters`` is a dict, JSON of one, or nothing."""
    if not parameters:
        return b""
    if isinstance(parameters, str):
        parameters = json.loads(parameters)
        if not parameters:
            return b""
    parts = [_COUNT.pack(len(parameters))]
    for name, value in parameters.items():
        kind, content = _encode_value(value)
        encoded = name.encode()
        parts.append(_HEAD.pack(kind, 0, len(encoded), len(content)) + encoded + content)
    return b"".join(parts)


def _encode_value(value: Any) -> Any:
    if isinstance(value, bool):
        return _BOOLEAN, bytes([value])
    if isinstance(value, int):
        return _INTEGER, _INTEGER_VALUE.pack(value)
    if isinstance(value, float):
        return _DOUBLE, _DOUBLE_VALUE.pack(value)
    return _TEXT, str(value).encode()
