"""The trace that a request belongs to, if any."""

from typing import Optional

__all__ = ["InferenceTrace"]


class InferenceTrace:
    """Given to the InferenceRequest of a call, so that the call joins the trace."""

    __slots__ = ("_context",)

    def __init__(self, context: Optional[str] = None) -> None:
        self._context = context

    def get_context(self) -> Optional[str]:
        """JSON with the W3C ``traceparent``; None if the request is not traced."""
        return self._context
