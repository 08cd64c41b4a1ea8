"""Exceptions as texts, in the form that Triton gives them."""

from types import TracebackType
from typing import List, Optional

__all__ = ["describe_exception"]

_FOLDER = __file__.rpartition("nereid_stub")[0]
#: Calls in these places tell the model's author nothing.
_NOT_SHOWN = (_FOLDER + "nereid_stub", _FOLDER + "nereid_pb_utils", "<frozen importlib")


def describe_exception(error: BaseException) -> str:
    """The type, the message, and the calls that led there, the innermost first. Never raises."""
    try:
        return _describe(error, str(error))
    # A model's exception may fail at telling what has failed.
    except BaseException as other:
        text = _describe(error, "<MESSAGE UNAVAILABLE DUE TO ANOTHER EXCEPTION>")
        reason = _describe(other, ", ".join(map(_plain, other.args)))
        return f"{text}\nMESSAGE UNAVAILABLE DUE TO EXCEPTION: {reason}"


def _describe(error: BaseException, message: str) -> str:
    text = f"{type(error).__name__}: {message or '<EMPTY MESSAGE>'}"
    places = _places(error.__traceback__)
    if not places:
        return text
    return f"{text}\n\nAt:\n" + "".join(f"  {place}\n" for place in places)


def _places(trace: Optional[TracebackType]) -> List[str]:
    shown: List[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file = code.co_filename
        if not file.startswith(_NOT_SHOWN) and not file.endswith("importlib/__init__.py"):
            shown.append(f"{file}({trace.tb_lineno}): {code.co_name}")
        trace = trace.tb_next
    return shown[::-1]


def _plain(argument: object) -> str:
    """Of an exception's argument what can be told without asking the model's own code."""
    return argument if type(argument) is str else type(argument).__name__
