"""The server's log."""

import sys
from enum import IntEnum

from .host import current_host

__all__ = ["LogLevel", "Logger"]


class LogLevel(IntEnum):
    INFO = 0
    WARNING = 1
    ERROR = 2
    VERBOSE = 3


class Logger:
    """Writes lines to the server's log, with the file and line they come from."""

    LogLevel = LogLevel  # type: ignore[misc,assignment]
    INFO = LogLevel.INFO
    WARNING = LogLevel.WARNING
    ERROR = LogLevel.ERROR
    VERBOSE = LogLevel.VERBOSE

    @staticmethod
    def log(message: str, level: int = LogLevel.INFO) -> None:
        _log(message, LogLevel(level))

    @staticmethod
    def log_info(message: str) -> None:
        _log(message, LogLevel.INFO)

    @staticmethod
    def log_warn(message: str) -> None:
        _log(message, LogLevel.WARNING)

    @staticmethod
    def log_error(message: str) -> None:
        _log(message, LogLevel.ERROR)

    @staticmethod
    def log_verbose(message: str) -> None:
        _log(message, LogLevel.VERBOSE)


def _log(message: str, level: LogLevel) -> None:
    if not isinstance(message, str):
        raise TypeError(f"a log message must be a str, found {type(message)}")
    caller = sys._getframe(2)
    current_host().log(int(level), message, caller.f_code.co_filename, caller.f_lineno)
