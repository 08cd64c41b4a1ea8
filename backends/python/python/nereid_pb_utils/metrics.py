"""Metrics of a model's own, on the server's metrics endpoint."""

import queue
import threading
from enum import IntEnum
from typing import Any, Dict, List, Optional

from .errors import TritonModelException
from .host import current_host

__all__ = ["Metric", "MetricFamily", "MetricKind"]


class MetricKind(IntEnum):
    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class MetricFamily:
    """Metrics of one name, told apart by their labels. Made in initialize as a rule."""

    COUNTER = MetricKind.COUNTER
    GAUGE = MetricKind.GAUGE
    HISTOGRAM = MetricKind.HISTOGRAM

    _id: Any = None

    def __init__(self, name: str, description: str, kind: MetricKind) -> None:
        self._kind = MetricKind(kind)
        self._id = _ask(
            "Error when creating MetricFamily: ",
            "family",
            {"name": name, "description": description, "kind": self._kind.name},
        )

    def Metric(
        self, labels: Optional[Dict[str, str]] = None, buckets: Optional[List[float]] = None
    ) -> "Metric":
        """The metric with these labels. A histogram needs ``buckets``, its upper bounds."""
        if labels is not None and not isinstance(labels, dict):
            raise TritonModelException("Failed to create metric. Labels must be a dictionary.")
        if buckets is not None and not isinstance(buckets, list):
            raise TritonModelException("Failed to create metric. Buckets must be a list.")
        if self._kind is MetricKind.HISTOGRAM:
            if buckets is None:
                raise TritonModelException("Failed to create metric. Missing required buckets.")
            buckets = [float(bound) for bound in buckets]
        elif buckets is not None:
            raise TritonModelException("Failed to create metric. Unexpected buckets found.")
        return Metric(self, labels or {}, buckets)

    def __del__(self) -> None:
        if self._id is not None:
            _delete("delete_family", {"family": self._id})


class Metric:
    """One series. Made by MetricFamily.Metric; it is removed with its last reference."""

    _id: Any = None

    def __init__(
        self, family: MetricFamily, labels: Dict[str, str], buckets: Optional[List[float]]
    ) -> None:
        # The reference keeps the family until its last metric is gone.
        self._family = family
        self._id = _ask(
            "Error when creating Metric: ",
            "metric",
            {"family": family._id, "labels": labels, "buckets": buckets},
        )

    def increment(self, value: float) -> None:
        """Adds to a counter or gauge; a counter only grows."""
        self._change("increment", value)

    def set(self, value: float) -> None:
        """Sets a gauge."""
        self._change("set", value)

    def observe(self, value: float) -> None:
        """Counts a value in a histogram."""
        self._change("observe", value)

    def value(self) -> float:
        """The value of a counter or gauge."""
        return float(_ask("Failed to get metric value: ", "value", {"metric": self._id}))

    def _change(self, operation: str, value: float) -> None:
        arguments = {"metric": self._id, "value": float(value)}
        _ask(f"Failed to {operation} metric value: ", operation, arguments)

    def __del__(self) -> None:
        if self._id is not None:
            _delete("delete", {"metric": self._id})


def _ask(prefix: str, operation: str, arguments: Dict[str, Any]) -> Any:
    try:
        return current_host().metric(operation, arguments)
    except TritonModelException as error:
        raise TritonModelException(f"{prefix}{error}") from None


class _Deleter:
    """Deletes metrics on a thread of its own.

    A finalizer may run on any thread at any point, even on the one that reads the server's answers,
    so it must not wait for one. SimpleQueue is made to be put to from there.
    """

    def __init__(self) -> None:
        self._queue: Any = queue.SimpleQueue()
        self._started = False

    def delete(self, operation: str, arguments: Dict[str, Any]) -> None:
        self._queue.put((operation, arguments))
        if self._started:
            return
        self._started = True
        try:
            threading.Thread(target=self._run, name="metric-deletion", daemon=True).start()
        except RuntimeError:  # No threads here, or the interpreter ends: the server tidies up.
            self._started = False

    def _run(self) -> None:
        while True:
            operation, arguments = self._queue.get()
            try:
                current_host().metric(operation, arguments)
            except Exception:  # Whoever might care has dropped the metric.
                pass


_delete = _Deleter().delete
