"""Gives out blocks of a range of addresses: the first gap that fits, gaps joined as they arise."""

from bisect import bisect_left
from typing import Dict, List, Optional

_ALIGNMENT = 64


class BlockAllocator:
    def __init__(self, start: int, size: int) -> None:
        self._start = start
        self._sizes: Dict[int, int] = {}
        #: Where gaps begin and end, sorted.
        self._begins: List[int] = [start]
        self._ends: List[int] = [start + size]

    @property
    def end_of_use(self) -> int:
        """Beyond it, nothing is in use."""
        return max((begin + size for begin, size in self._sizes.items()), default=self._start)

    def allocate(self, size: int) -> Optional[int]:
        """The position of a block, or None when no gap is large enough."""
        size = max(-(-size // _ALIGNMENT), 1) * _ALIGNMENT
        for index, begin in enumerate(self._begins):
            end = self._ends[index]
            if end - begin < size:
                continue
            if end - begin == size:
                del self._begins[index], self._ends[index]
            else:
                self._begins[index] = begin + size
            self._sizes[begin] = size
            return begin
        return None

    def free(self, begin: int) -> None:
        """Takes a block back; what is none is ignored."""
        size = self._sizes.pop(begin, None)
        if size is None:
            return
        end = begin + size
        index = bisect_left(self._begins, begin)
        joins_next = index < len(self._begins) and self._begins[index] == end
        joins_previous = index > 0 and self._ends[index - 1] == begin
        if joins_previous and joins_next:
            self._ends[index - 1] = self._ends[index]
            del self._begins[index], self._ends[index]
        elif joins_previous:
            self._ends[index - 1] = end
        elif joins_next:
            self._begins[index] = begin
        else:
            self._begins.insert(index, begin)
            self._ends.insert(index, end)
