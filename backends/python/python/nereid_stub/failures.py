"""Exceptions as texts, in the form that Triton gives them."""

from types import TracebackType
from typing import List, Optional

__all__ = ["describe_exception"]

_FOLDER = __file__.rpartition("nereid_stub")[0]
#: Calls in these places tell the model's author nothing.
_NOT_SHOWN = (_FOLDER + "nereid_stub", _FOLDER + "nereid_pb_utils", "<frozen importlib")


def describe_exception(error: BaseException) -> str:
    """The type, the message, and the calls that led there, the innermost first."""
    message = str(error) or "<EMPTY MESSAGE>"
    text = f"{type(error).__name__}: {message}"
    places = _places(error.__traceback__)
    if not places:
        return text
    return f"{text}\n\nAt:\n" + "".join(f"  {place}\n" for place in places)


def _places(trace: Optional[TracebackType]) -> List[str]:
    import traceback

    frames = traceback.extract_tb(trace)
    shown = [
        f"{frame.filename}({frame.lineno}): {frame.name}"
        for frame in frames
        if not frame.filename.startswith(_NOT_SHOWN)
        and not frame.filename.endswith("importlib/__init__.py")
    ]
    return shown[::-1]
