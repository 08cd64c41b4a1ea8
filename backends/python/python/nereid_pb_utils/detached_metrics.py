"""Custom metrics without a server: the rules of Host.metric, and the values for a test to read."""

import re
import threading
from typing import Any, Dict, List, Optional, Tuple

from .errors import TritonModelException

__all__ = ["DetachedMetrics"]

_FAMILY_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")

#: The kinds that each operation is for.
_KINDS = {
    "increment": ("COUNTER", "GAUGE"),
    "set": ("GAUGE",),
    "observe": ("HISTOGRAM",),
    "value": ("COUNTER", "GAUGE"),
}

Series = Tuple[str, Tuple[Tuple[str, str], ...]]


class _Metric:
    def __init__(self, kind: str, buckets: Optional[List[float]]) -> None:
        self.kind = kind
        self.buckets = buckets
        self.value = 0.0
        self.observations: List[float] = []


class DetachedMetrics:
    """Families and metrics by id, and metrics by name and labels."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._next_id = 1
        self._families: Dict[int, Tuple[str, str]] = {}
        self._metrics: Dict[int, Series] = {}
        self._series: Dict[Series, _Metric] = {}

    def value(self, name: str, labels: Optional[Dict[str, str]] = None) -> float:
        """The value of a counter or gauge. Raises KeyError if there is none."""
        return self._series[_series(name, labels or {})].value

    def observations(self, name: str, labels: Optional[Dict[str, str]] = None) -> List[float]:
        """What a histogram has observed, in order. Raises KeyError if there is none."""
        return list(self._series[_series(name, labels or {})].observations)

    def apply(self, operation: str, arguments: Dict[str, Any]) -> Any:
        """Does one operation of Host.metric."""
        with self._lock:
            if operation == "family":
                return self._add_family(arguments)
            if operation == "metric":
                return self._add_metric(arguments)
            if operation == "delete_family":
                self._families.pop(arguments["family"], None)
                return None
            if operation == "delete":
                self._delete(arguments["metric"])
                return None
            return self._change(operation, arguments)

    def _add_family(self, arguments: Dict[str, Any]) -> int:
        name, kind = arguments["name"], arguments["kind"]
        if not _FAMILY_NAME.match(name):
            raise TritonModelException("Invalid metric name")
        if any(known == name and other != kind for known, other in self._families.values()):
            raise TritonModelException("Family name already exists with different type")
        self._families[self._next_id] = (name, kind)
        return self._take_id()

    def _add_metric(self, arguments: Dict[str, Any]) -> int:
        name, kind = self._families[arguments["family"]]
        labels, buckets = arguments["labels"], arguments["buckets"]
        for label, text in labels.items():
            if not isinstance(label, str) or not _LABEL_NAME.match(label):
                raise TritonModelException("Invalid label name")
            if not isinstance(text, str):
                raise TritonModelException("attempt to access JSON non-string as string")
        if buckets and any(low >= high for low, high in zip(buckets, buckets[1:])):
            raise TritonModelException("Bucket Boundaries must be strictly sorted")
        series = _series(name, labels)
        self._series.setdefault(series, _Metric(kind, buckets))
        self._metrics[self._next_id] = series
        return self._take_id()

    def _change(self, operation: str, arguments: Dict[str, Any]) -> Any:
        metric = self._series[self._metrics[arguments["metric"]]]
        if metric.kind not in _KINDS[operation]:
            raise TritonModelException(
                f"TRITONSERVER_METRIC_KIND_{metric.kind} does not support "
                f"{operation.capitalize()}"
            )
        if operation == "value":
            return metric.value
        value = arguments["value"]
        if operation == "set":
            metric.value = value
        elif operation == "observe":
            metric.observations.append(value)
        elif metric.kind == "COUNTER" and value < 0:
            raise TritonModelException(
                "TRITONSERVER_METRIC_KIND_COUNTER can only be incremented monotonically by "
                "non-negative values."
            )
        else:
            metric.value += value
        return None

    def _delete(self, metric: int) -> None:
        series = self._metrics.pop(metric, None)
        if series is not None and series not in self._metrics.values():
            del self._series[series]

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def _series(name: str, labels: Dict[str, str]) -> Series:
    return (name, tuple(sorted(labels.items())))
