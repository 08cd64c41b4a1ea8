"""Sees to it that this process does not outlive the server, and tells the server that it lives."""

import os
import signal
import sys
import threading
import time
from typing import Any

from .connection import exit_with_children
from .wire_format import HEARTBEAT

__all__ = ["die_with_parent", "start_heartbeat"]

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """On Linux the kernel ends this process when the server ends, even while it is busy."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # The end of the connection tells as well, unless the process is busy or frozen then.
        return
    # The server may have ended before the kernel knew. In a wrapper, the parent is another one.
    if os.getppid() == 1 and parent != 1:
        exit_with_children()


def start_heartbeat(words: Any, seconds: float) -> None:
    """Counts, as long as the interpreter lets other threads run."""

    def count() -> None:
        while True:
            words[HEARTBEAT] += 1
            time.sleep(seconds)

    threading.Thread(target=count, name="nereid-heartbeat", daemon=True).start()
