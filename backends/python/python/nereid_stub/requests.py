"""Requests as the model sees them, made of frames."""

from typing import Any, Dict, List, NamedTuple, Set, Tuple

from nereid_pb_utils.request import RELEASE_ALL, InferenceRequest
from nereid_pb_utils.tensor import Tensor
from nereid_pb_utils.trace import InferenceTrace

from .input_memory import View
from .shared_memory import SharedMemory
from .signatures import InputPlan, read_signature
from .wire_format import REQUEST, REQUEST_CANCELLED, REQUEST_TEXTS, aligned

__all__ = ["RequestReader", "place_tensors"]

_HEAD_BYTES = REQUEST.size
_SEQUENCE_FLAGS = 3
_MAX_KNOWN = 1024

_read_head = REQUEST.unpack_from
_new_request = InferenceRequest.__new__
_new_tensor = Tensor.__new__


class RequestPlan(NamedTuple):
    """How to read requests that differ in nothing but key, sequence, texts and data."""

    inputs: InputPlan
    #: Lengths of id, correlation text, parameters and traceparent; None if there are none of them.
    texts: Any
    text_bytes: int
    requested: Tuple[str, ...]


class RequestReader:
    def __init__(self, memory: SharedMemory, cancelled: Set[int]) -> None:
        self._memory = memory
        self._cancelled = cancelled
        self._plans: Dict[bytes, RequestPlan] = {}
        self.model_name = ""
        self.model_version = 1
        self.decoupled = False
        #: What a request asks for that names no outputs.
        self.all_outputs: Tuple[str, ...] = ()

    def read(self, frame: Any, shared: Dict[int, List[View]]) -> List[InferenceRequest]:
        """The requests of a batch. ``shared`` takes the views that lie in shared memory.

        It runs for every request, and makes its objects without their constructors for that.
        """
        _, count, _, _, view, position, _ = frame
        requests = []
        for _ in range(count):
            size, key, correlation, timeout, plan_size, flags = _read_head(view, position)
            data = position + _HEAD_BYTES + plan_size
            known = bytes(view[position + _HEAD_BYTES : data])
            inputs, texts, text_bytes, requested = self._plans.get(known) or self._plan(known)
            request = _new_request(InferenceRequest)
            request._key = key
            request._correlation_id = correlation
            request._timeout = timeout
            request._flags = flags & _SEQUENCE_FLAGS
            request._requested_output_names = requested
            request._model_name = self.model_name
            request._model_version = self.model_version
            request._decoupled = self.decoupled
            request._preferred_memory = None
            request._sender = None
            request._release_flags = RELEASE_ALL
            request._request_id = ""
            request._parameters = None
            request._trace = None
            if flags & REQUEST_CANCELLED:
                self._cancelled.add(key)
            if texts is not None:
                _read_texts(request, view, data, texts)
                data += text_bytes
            if inputs.shared_count:
                views = shared[key] = []
                request._inputs = place_tensors(inputs, view, data, self._memory, views)
            else:
                tensors = request._inputs = []
                for name, code, shape, _, start, end in inputs.tensors:
                    tensor = _new_tensor(Tensor)
                    tensor._name = name
                    tensor._code = code
                    tensor._shape = shape
                    tensor._data = view[data + start : data + end]
                    tensor._array = None
                    tensors.append(tensor)
            requests.append(request)
            position += size
        return requests

    def _plan(self, known: bytes) -> RequestPlan:
        id_size, correlation, parameters, trace, traced, _ = REQUEST_TEXTS.unpack_from(known)
        texts = (id_size, correlation, parameters, trace)
        inputs = read_signature(known[REQUEST_TEXTS.size :])
        plan = RequestPlan(
            inputs,
            texts if any(texts) else None,
            aligned(sum(texts)),
            inputs.requested or self.all_outputs,
        )
        if len(self._plans) >= _MAX_KNOWN:
            self._plans.clear()
        self._plans[known] = plan
        return plan


def place_tensors(
    plan: InputPlan, view: memoryview, data: int, memory: SharedMemory, views: List[View]
) -> List[Tensor]:
    """Tensors of which some lie in shared memory; ``views`` takes those."""
    tensors = []
    for name, code, shape, shared, begin, end in plan.tensors:
        if shared:
            word = data + 8 * begin
            place = int.from_bytes(view[word : word + 8], "little")
            owner, content = memory.input(place, end)
            views.append((owner, place))
        else:
            content = view[data + begin : data + end]
        tensors.append(Tensor._from_memory(name, code, shape, content))
    return tensors


def _read_texts(request: Any, view: memoryview, begin: int, sizes: Any) -> None:
    id_end = begin + sizes[0]
    correlation_end = id_end + sizes[1]
    parameters_end = correlation_end + sizes[2]
    request._request_id = str(view[begin:id_end], "utf-8")
    if sizes[1]:
        request._correlation_id = str(view[id_end:correlation_end], "utf-8")
    if sizes[2]:
        request._parameters = str(view[correlation_end:parameters_end], "utf-8")
    if sizes[3]:
        parent = str(view[parameters_end : parameters_end + sizes[3]], "utf-8")
        request._trace = InferenceTrace('{"traceparent":"%s"}' % parent)
