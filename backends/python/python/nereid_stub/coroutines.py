"""The event loop of models whose execute is a coroutine."""

import threading
from typing import Any, Callable

__all__ = ["CoroutineThread"]


class CoroutineThread:
    """A loop on a thread of its own, from the first coroutine on, so that tasks outlive execute."""

    def __init__(self) -> None:
        self._loop: Any = None

    def run(self, coroutine: Any) -> Any:
        """Waits for the coroutine's result."""
        future = self._submit(coroutine)
        # Not by result(), whose own calls would be part of the traceback.
        error = future.exception()
        if error is not None:
            raise error
        return future.result()

    def start(self, coroutine: Any, failed: Callable[[BaseException], None]) -> None:
        """Lets the coroutine go on by itself. ``failed`` gets what it raises."""

        def settle(future: Any) -> None:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                failed(error)

        self._submit(coroutine).add_done_callback(settle)

    def _submit(self, coroutine: Any) -> Any:
        # Imported late: it is as large as everything else here together.
        import asyncio

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(
                target=self._loop.run_forever, name="nereid-coroutines", daemon=True
            ).start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
