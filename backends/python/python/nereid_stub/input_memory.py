"""Inputs in shared memory, which the server may use again once nobody looks at them any more."""

import sys
import threading
from typing import Any, Dict, List, Tuple

from .wire_format import FRAME, RELEASE

__all__ = ["InputMemory"]

#: What every view of an input refers to, and where in the memory that lies.
View = Tuple[Any, int]

#: The references that are held by an entry and by the check itself.
_OWN_REFERENCES = 3
#: Views that a model keeps and which are looked at again each time.
_MAX_LOOKED_AT = 16


class InputMemory:
    def __init__(self) -> None:
        #: By the key of an open request: its views, and where in the memory they lie.
        self.by_request: Dict[int, List[View]] = {}
        #: Views of requests that have ended. A model may keep arrays for as long as it likes.
        self.left: List[View] = []
        self._lock = threading.Lock()

    def request_ended(self, key: int) -> None:
        views = self.by_request.pop(key, None)
        if views:
            self.ended(views)

    def ended(self, views: List[View]) -> None:
        """These are of no request any more, only perhaps of the model."""
        with self._lock:
            self.left.extend(views)

    def release(self) -> bytes:
        """A frame that names the views nobody has any more; empty when there are none."""
        with self._lock:
            looked_at = self.left[:_MAX_LOOKED_AT]
            del self.left[:_MAX_LOOKED_AT]
        released = []
        while looked_at:
            entry = looked_at.pop()
            if _is_unused(entry[0]):
                released.append(entry[1])
            else:
                self.ended([entry])
        if not released:
            return b""
        size = FRAME.size + 8 * len(released)
        words = b"".join(place.to_bytes(8, "little") for place in released)
        return FRAME.pack(size, RELEASE, len(released), 0, 0) + words


def _is_unused(owner: Any) -> bool:
    """An array or view of any kind refers to the owner, through however many others."""
    return owner is None or sys.getrefcount(owner) <= _OWN_REFERENCES
