"""The socket to the server: frames out, frames in, and who of several threads reads them."""

import os
import signal
import socket
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, List, NoReturn, Optional, Tuple

from .wire_format import COMMAND, EXECUTE, FRAME

__all__ = ["Connection", "Frame"]

#: kind, count, id, extra, memory, begin and end of the content
Frame = Tuple[int, int, int, int, memoryview, int, int]

_FRAME_BYTES = FRAME.size
_read_frame = FRAME.unpack_from
_SLAB_BYTES = 256 * 1024
_MIN_RECEIVE_BYTES = 64 * 1024
#: How long answers are held back to go out together.
_MAX_HELD_NS = 50_000
#: How long they are at most, if the next execution takes longer than those before it.
_FLUSH_SECONDS = 0.001
_FLUSHER_ROUNDS = 50
_MSG_DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)


class Connection:
    """Whoever needs something from the server reads for all, so that nobody has to be woken.

    The main thread reads while it has nothing to execute. While it executes, a thread that waits
    for an answer reads. Only when several wait at once, or one waits in an event loop, does a
    thread of its own read.
    """

    def __init__(self, descriptor: int, handle: Callable[[Frame], None]) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        #: Takes every frame that is not for the main thread.
        self._handle = handle
        self._inbox: Deque[Frame] = deque()
        self._sending = threading.Lock()
        #: Frames that go out with the next one, or soon.
        self._held: List[Any] = []
        self._held_since = 0
        self._flusher_is_awake = False
        self._flusher_wanted: Any = None
        #: Held by the thread that reads.
        self._reading = threading.Lock()
        #: Held while there is nothing for the main thread to look at.
        self._arrived = threading.Lock()
        self._arrived.acquire()
        self._counting = threading.Lock()
        #: Threads that wait while another one reads, and futures of event loops.
        self._waiters = 0
        self._reader: Optional[threading.Semaphore] = None
        self._new_slab(b"", 0)

    def send(self, parts: List[Any]) -> None:
        try:
            with self._sending:
                held = self._held
                count = len(held)
                if count:
                    # The main thread may append while another one sends.
                    parts = held[:count] + parts
                    del held[:count]
                self._socket.sendall(b"".join(parts))
        except ConnectionError:
            exit_with_children()

    def send_soon(self, parts: List[Any], now: int) -> None:
        """Like send, but waits a moment for others while there are batches to execute.

        ``now`` is in nanoseconds of the monotonic clock. Only for the main thread.
        """
        held = self._held
        if not self._inbox or (held and now - self._held_since > _MAX_HELD_NS):
            self.send(parts)
            return
        if not held:
            self._held_since = now
        # Copied at once, as the model may go on using its arrays.
        held.append(b"".join(parts))
        # Looked at after that: the flusher looks at what is held after it says that it rests.
        if not self._flusher_is_awake:
            self._wake_flusher()

    def _wake_flusher(self) -> None:
        self._flusher_is_awake = True
        if self._flusher_wanted is not None:
            self._flusher_wanted.release()
            return
        self._flusher_wanted = threading.Semaphore(0)
        threading.Thread(target=self._flush_overdue, name="nereid-flusher", daemon=True).start()

    def _flush_overdue(self) -> None:
        """Sends what is held when the execution that follows takes long against expectation."""
        idle_rounds = 0
        while True:
            time.sleep(_FLUSH_SECONDS)
            if self._held:
                idle_rounds = 0
                if time.monotonic_ns() - self._held_since > _FLUSH_SECONDS * 1e9:
                    self.send([])
                continue
            idle_rounds += 1
            if idle_rounds == _FLUSHER_ROUNDS:
                idle_rounds = 0
                self._flusher_is_awake = False
                # What is held by now may have woken nobody.
                if not self._held:
                    self._flusher_wanted.acquire()
                self._flusher_is_awake = True

    def next_frame(self) -> Frame:
        """The next frame for the main thread."""
        inbox = self._inbox
        while not inbox:
            if self._reading.acquire(False):
                try:
                    if not inbox:
                        self._read()
                finally:
                    self._reading.release()
            else:
                self._arrived.acquire()
        if self._waiters:
            self._wake_reader()
        return inbox.popleft()

    def wait(self, lock: Any) -> None:
        """Acquires a lock that the handler of a frame releases."""
        if lock.acquire(False):
            return
        self.add_waiter()
        try:
            if self._reading.acquire(False):
                try:
                    while not lock.acquire(False):
                        self._read()
                finally:
                    self._reading.release()
            else:
                lock.acquire()
        finally:
            self.remove_waiter()
        self._hand_over()

    def poll(self) -> None:
        """Takes what has arrived, without waiting."""
        if not self._reading.acquire(False):
            return
        try:
            self._read(_MSG_DONTWAIT)
        except BlockingIOError:
            pass
        finally:
            self._reading.release()
        self._hand_over()

    def add_waiter(self) -> None:
        with self._counting:
            self._waiters += 1

    def remove_waiter(self) -> None:
        with self._counting:
            self._waiters -= 1

    def read_in_background(self) -> None:
        """A future was counted as a waiter, so that nobody may read for it."""
        self._wake_reader()

    def _hand_over(self) -> None:
        """After reading: others who wait must not be left without anyone who reads."""
        if self._waiters:
            self._wake_reader()
        self._notify_main()

    def _notify_main(self) -> None:
        if self._arrived.locked():
            try:
                self._arrived.release()
            except RuntimeError:
                # Another thread has just done so.
                pass

    def _wake_reader(self) -> None:
        if self._reader is None:
            with self._counting:
                if self._reader is None:
                    self._reader = threading.Semaphore(0)
                    threading.Thread(
                        target=self._read_for_others, name="nereid-reader", daemon=True
                    ).start()
        self._reader.release()

    def _read_for_others(self) -> None:
        reader = self._reader
        assert reader is not None
        while True:
            reader.acquire()
            if not self._reading.acquire(False):
                continue
            try:
                while self._waiters:
                    self._read()
            finally:
                self._reading.release()
            self._hand_over()

    def _read(self, flags: int = 0) -> None:
        """Receives something and deals with the frames in it. The caller holds `_reading`."""
        if self._capacity - self._end < _MIN_RECEIVE_BYTES:
            self._new_slab(self._view[self._begin : self._end], 0)
        try:
            received = self._socket.recv_into(self._view[self._end :], 0, flags)
        except ConnectionError:
            received = 0
        if received == 0:
            exit_with_children()
        self._end += received
        self._cut()
        if self._inbox and self._arrived.locked():
            self._notify_main()

    def _cut(self) -> None:
        begin, end, view = self._begin, self._end, self._view
        inbox = self._inbox
        while end - begin >= _FRAME_BYTES:
            size, kind, count, number, extra = _read_frame(view, begin)
            if end - begin < size:
                self._begin = begin
                if self._capacity - begin < size:
                    self._new_slab(view[begin:end], size)
                return
            frame = (kind, count, number, extra, view, begin + _FRAME_BYTES, begin + size)
            begin += size
            if kind == EXECUTE or kind == COMMAND:
                inbox.append(frame)
            else:
                self._handle(frame)
        self._begin = begin

    def _new_slab(self, rest: Any, frame_size: int) -> None:
        """A frame's memory is never used again, since the model may keep views of it."""
        size = max(_SLAB_BYTES, frame_size + _MIN_RECEIVE_BYTES, len(rest) + _MIN_RECEIVE_BYTES)
        self._view = memoryview(bytearray(size))
        self._view[: len(rest)] = rest
        self._capacity = size
        self._begin = 0
        self._end = len(rest)


def exit_with_children() -> NoReturn:
    """The server has gone: nothing that belongs to it stays."""
    try:
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
    finally:
        os._exit(0)
