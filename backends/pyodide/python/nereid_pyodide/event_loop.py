"""An event loop for a thread that has no other: asyncio without sockets, threads and JavaScript.

Pyodide's own loop is JavaScript's, in which nothing can wait for a coroutine. Here a wait takes in
what the server says, so that ``asyncio.run`` works as in any Python.
"""

import asyncio
import warnings
from typing import Any, Callable, Optional

__all__ = ["ServerLoop", "install"]

#: Takes in what the server says, for up to so many seconds; None has no limit.
TakeNotices = Callable[[Optional[float]], None]

_take_notices: TakeNotices


class _NoticeSelector:
    """Stands where a loop asks for sockets that are ready."""

    def select(self, timeout: Optional[float] = None) -> Any:
        _take_notices(timeout)
        return []


class ServerLoop(asyncio.BaseEventLoop):
    """Sleeps in the thread's own wait for the server."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoticeSelector()
        self.set_debug(False)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Calls ``func`` in its turn: there is no other thread to call it."""
        future = self.create_future()

        def call() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:
                future.set_exception(error)

        self.call_soon(call)
        return future

    def step(self) -> Optional[float]:
        """Runs what is ready. Returns the seconds to the next timer; None if there is none."""
        if not self._ready and not self._scheduled:
            return None
        self.call_soon(self.stop)
        self.run_forever()
        if self._ready:
            return 0
        return max(self._scheduled[0].when() - self.time(), 0) if self._scheduled else None

    def _process_events(self, event_list: Any) -> None:
        pass

    def _write_to_self(self) -> None:
        # Who calls from elsewhere does so while this thread takes in notices: it is awake.
        pass


class _Policy(asyncio.AbstractEventLoopPolicy):
    def __init__(self) -> None:
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = self.new_event_loop()
        return self._loop

    def set_event_loop(self, loop: Optional[asyncio.AbstractEventLoop]) -> None:
        self._loop = loop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return ServerLoop()


def install(take_notices: TakeNotices) -> None:
    """Makes this the kind of loop that asyncio uses."""
    global _take_notices
    _take_notices = take_notices
    # Pyodide's loop counts as running at all times, next to which no other may run.
    asyncio._set_running_loop(None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(_Policy())
