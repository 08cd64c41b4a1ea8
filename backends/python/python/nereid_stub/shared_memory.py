"""The memory shared with the server: its words, the inputs that it leaves, the outputs for it."""

import mmap
import os
import threading
from typing import Any, Dict, List, Optional, Tuple

try:
    import ctypes
except ImportError:  # Not every Python is built with it. Then inputs are copied.
    ctypes = None  # type: ignore[assignment]

from .block_allocator import BlockAllocator
from .wire_format import ARENA_BASE, HEADER_BYTES

__all__ = ["SharedMemory"]

#: Smaller tensors travel in the frame.
MIN_SHARED_BYTES = 16 * 1024


class SharedMemory:
    """Two ranges follow the words: the first is the server's to write, the second this process's."""

    def __init__(self, descriptor: int, options: Dict[str, Any]) -> None:
        # The number itself may be another file's once the caller has closed it.
        self._descriptor = os.dup(descriptor)
        self._start = options["start"]
        self._max = options["maxBytes"]
        self._default = options["defaultBytes"]
        self._growth = options["growthBytes"]
        self._outputs = self._start + self._max
        #: Up to here the file system has promised memory: without it, writing would kill us.
        self._promised = self._outputs
        self._lock = threading.Lock()
        self._map = mmap.mmap(descriptor, self._outputs + self._max)
        self._arena: Any = None
        self.view = memoryview(self._map)
        self.words = self.view[:HEADER_BYTES].cast("Q")
        self._allocator = BlockAllocator(self._outputs, self._max)

    def map_arena(self, descriptor: int, size: int) -> bool:
        """Maps where the server receives requests, and takes the descriptor; False if it cannot."""
        try:
            self._arena = mmap.mmap(descriptor, size)
        except (OSError, ValueError, OverflowError):
            # A limit of the address space: inputs are copied to the other memory then.
            return False
        finally:
            os.close(descriptor)
        return True

    def input(self, position: int, size: int) -> Tuple[Any, Any]:
        """A view of an input, and an object that all further views of it refer to as well."""
        memory = self._map
        if position >= ARENA_BASE:
            memory = self._arena
            position -= ARENA_BASE
        if ctypes is None:
            with memoryview(memory) as view:
                return None, memoryview(bytearray(view[position : position + size]))
        # Few types, since each is an object that lives on for a while.
        capacity = 1 << (size - 1).bit_length()
        if position + capacity > len(memory):
            capacity = size
        owner = (ctypes.c_char * capacity).from_buffer(memory, position)
        return owner, memoryview(owner).cast("B")[:size]

    def store(self, data: Any, size: int) -> Optional[int]:
        """Copies an output and returns where to; None when there is no room for it."""
        with self._lock:
            position = self._allocator.allocate(size)
            if position is None:
                return None
            if not self._promise(position + size):
                self._allocator.free(position)
                return None
        self.view[position : position + size] = data
        return position

    def free(self, positions: List[int]) -> None:
        """The server has read these outputs."""
        with self._lock:
            for position in positions:
                self._allocator.free(position)

    def give_back(self) -> None:
        """Gives the memory of large tensors back. The server writes no input meanwhile."""
        self._discard(self._start + self._default, self._outputs)
        with self._lock:
            keep = max(self._allocator.end_of_use, self._outputs + self._default)
            self._discard(keep, self._outputs + self._max)
            self._promised = min(self._promised, _page_up(keep))

    def _promise(self, end: int) -> bool:
        if end <= self._promised:
            return True
        needed = end - self._promised
        size = -(-needed // self._growth) * self._growth
        size = min(size, self._outputs + self._max - self._promised)
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(self._descriptor, self._promised, size)
            except OSError:
                return False
        self._promised += size
        return True

    def _discard(self, begin: int, end: int) -> None:
        begin = _page_up(begin)
        remove = getattr(mmap, "MADV_REMOVE", None)
        if begin >= end or remove is None or not hasattr(self._map, "madvise"):
            return
        try:
            self._map.madvise(remove, begin, (end - begin) // mmap.PAGESIZE * mmap.PAGESIZE)
        except OSError:
            # Not every file system can; then the memory stays until the process ends.
            pass


def _page_up(position: int) -> int:
    return -(-position // mmap.PAGESIZE) * mmap.PAGESIZE
