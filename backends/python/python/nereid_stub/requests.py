"""Requests as the model sees them, made of frames."""

from typing import Any, Dict, List, Set, Tuple

from nereid_pb_utils.request import InferenceRequest
from nereid_pb_utils.tensor import Tensor
from nereid_pb_utils.trace import InferenceTrace

from .input_memory import View
from .shared_memory import SharedMemory
from .signatures import InputPlan, read_signature
from .wire_format import REQUEST, REQUEST_CANCELLED, aligned

__all__ = ["RequestReader", "place_tensors"]

_HEAD_BYTES = REQUEST.size
_SEQUENCE_FLAGS = 3


class RequestReader:
    def __init__(self, memory: SharedMemory, cancelled: Set[int]) -> None:
        self._memory = memory
        self._cancelled = cancelled
        self.model_name = ""
        self.model_version = 1
        self.decoupled = False
        #: What a request asks for that names no outputs.
        self.all_outputs: Tuple[str, ...] = ()

    def read(self, frame: Any, shared: Dict[int, List[View]]) -> List[InferenceRequest]:
        """The requests of a batch. ``shared`` takes the views that lie in shared memory."""
        _, count, _, _, view, position, _ = frame
        requests = []
        for _ in range(count):
            head = REQUEST.unpack_from(view, position)
            size, key, flags, signature_size, correlation, timeout = head[:6]
            begin = position + _HEAD_BYTES
            data = begin + signature_size
            plan = read_signature(bytes(view[begin:data]))
            request_id = ""
            parameters = trace = None
            if head[6] or head[7] or head[8] or head[9]:
                request_id, text, parameters, trace = _read_texts(view, data, head)
                data += aligned(head[6] + head[7] + head[8] + head[9])
                correlation = text or correlation
            if flags & REQUEST_CANCELLED:
                self._cancelled.add(key)
            if plan.shared_count:
                views = shared[key] = []
                tensors = place_tensors(plan, view, data, self._memory, views)
            else:
                make = Tensor._from_memory
                tensors = [
                    make(name, code, shape, view[data + start : data + end])
                    for name, code, shape, _, start, end in plan.tensors
                ]
            requests.append(
                InferenceRequest._from_server(
                    key,
                    request_id,
                    correlation,
                    tensors,
                    plan.requested or self.all_outputs,
                    self.model_name,
                    self.model_version,
                    flags & _SEQUENCE_FLAGS,
                    timeout,
                    parameters,
                    self.decoupled,
                    trace,
                )
            )
            position += size
        return requests


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


def _read_texts(view: memoryview, begin: int, head: Any) -> Any:
    id_end = begin + head[6]
    correlation_end = id_end + head[7]
    parameters_end = correlation_end + head[8]
    trace_end = parameters_end + head[9]
    trace = None
    if head[9]:
        parent = bytes(view[parameters_end:trace_end]).decode()
        trace = InferenceTrace('{"traceparent":"%s"}' % parent)
    return (
        bytes(view[begin:id_end]).decode(),
        bytes(view[id_end:correlation_end]).decode(),
        bytes(view[correlation_end:parameters_end]).decode() if head[8] else None,
        trace,
    )
