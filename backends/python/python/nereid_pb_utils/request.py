"""A request: one that the server hands to execute, or one that the model makes for another model."""

from typing import Any, List, Optional, Sequence, Set, Union

from .errors import TritonModelException
from .host import current_host
from .inference import infer, infer_async
from .preferred_memory import PreferredMemory
from .response import Parameters, check_parameters, parameters_text
from .response_sender import InferenceResponseSender
from .tensor import Tensor
from .trace import InferenceTrace

__all__ = ["RELEASE_ALL", "RELEASE_RESCHEDULE", "InferenceRequest"]

RELEASE_ALL = 1
RELEASE_RESCHEDULE = 2


class InferenceRequest:
    """What execute gets a list of. exec and async_exec send one to another model."""

    __slots__ = (
        "_request_id",
        "_correlation_id",
        "_inputs",
        "_requested_output_names",
        "_model_name",
        "_model_version",
        "_flags",
        "_timeout",
        "_preferred_memory",
        "_trace",
        "_parameters",
        "_key",
        "_decoupled",
        "_sender",
        "_release_flags",
    )

    def __init__(
        self,
        request_id: str = "",
        correlation_id: Union[int, str] = 0,
        inputs: Sequence[Tensor] = None,  # type: ignore[assignment]
        requested_output_names: Sequence[str] = None,  # type: ignore[assignment]
        model_name: str = None,  # type: ignore[assignment]
        model_version: int = -1,
        flags: int = 0,
        timeout: int = 0,
        preferred_memory: Optional[PreferredMemory] = None,
        trace: Optional[InferenceTrace] = None,
        parameters: Optional[Parameters] = None,
    ) -> None:
        """``timeout`` is in microseconds, 0 for none; ``model_version`` -1 lets the server choose."""
        _check_required(inputs, requested_output_names, model_name)
        _check_correlation_id(correlation_id)
        if timeout < 0:
            raise TypeError(f"the timeout of a request must not be negative, found {timeout}")
        if parameters is not None:
            check_parameters(parameters)
        self._request_id = request_id
        self._correlation_id = correlation_id
        self._inputs = list(inputs)
        self._requested_output_names: Any = list(requested_output_names)
        self._model_name = model_name
        self._model_version = model_version
        self._flags = flags
        self._timeout = timeout
        self._preferred_memory = preferred_memory
        self._trace = trace
        self._parameters: Any = parameters
        self._key: Any = None
        self._decoupled = False
        self._sender: Optional[InferenceResponseSender] = None
        self._release_flags = RELEASE_ALL
        self._check_contents()

    @classmethod
    def _from_server(
        cls,
        key: Any,
        request_id: str,
        correlation_id: Union[int, str],
        inputs: List[Tensor],
        requested_output_names: Sequence[str],
        model_name: str,
        model_version: int,
        flags: int,
        timeout: int,
        parameters: Optional[str],
        decoupled: bool,
        trace: Optional[InferenceTrace] = None,
    ) -> "InferenceRequest":
        """The request that ``key`` stands for in Host; ``parameters`` is JSON. For hosts.

        Nothing is checked or converted here: it runs once per request.
        """
        request = cls.__new__(cls)
        request._key = key
        request._request_id = request_id
        request._correlation_id = correlation_id
        request._inputs = inputs
        request._requested_output_names = requested_output_names
        request._model_name = model_name
        request._model_version = model_version
        request._flags = flags
        request._timeout = timeout
        request._parameters = parameters
        request._decoupled = decoupled
        request._trace = trace
        request._preferred_memory = None
        request._sender = None
        request._release_flags = RELEASE_ALL
        return request

    def inputs(self) -> List[Tensor]:
        """A list of the caller's own."""
        return list(self._inputs)

    def request_id(self) -> str:
        return self._request_id

    def correlation_id(self) -> Union[int, str]:
        return self._correlation_id

    def requested_output_names(self) -> Set[str]:
        return set(self._requested_output_names)

    def model_name(self) -> str:
        return self._model_name

    def model_version(self) -> int:
        return self._model_version

    def flags(self) -> int:
        """Sequence start and end, see TRITONSERVER_REQUEST_FLAG_SEQUENCE_START."""
        return self._flags

    def set_flags(self, flags: int) -> None:
        self._flags = flags

    def timeout(self) -> int:
        """Microseconds; 0 for none."""
        return self._timeout

    def preferred_memory(self) -> Optional[PreferredMemory]:
        return self._preferred_memory

    def parameters(self) -> str:
        """The parameters as JSON."""
        return parameters_text(self._parameters)

    def trace(self) -> InferenceTrace:
        if self._trace is None:
            self._trace = InferenceTrace()
        return self._trace

    def is_cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._key is not None and current_host().is_cancelled(self._key)

    def get_response_sender(self) -> InferenceResponseSender:
        """The same sender at each call."""
        if self._sender is None:
            self._sender = InferenceResponseSender(self._key, self._decoupled)
        return self._sender

    def set_release_flags(self, flags: int) -> None:
        """TRITONSERVER_REQUEST_RELEASE_RESCHEDULE has an iterative sequence come again."""
        self._release_flags = flags

    def exec(self, decoupled: bool = False) -> Any:
        """Runs the request on its model and waits.

        Returns an InferenceResponse, or with ``decoupled`` a ResponseIterator. A failure of the
        other model is a response with an error. May be called from any thread of the model.
        """
        return infer(self, decoupled)

    def async_exec(self, decoupled: bool = False) -> Any:
        """Like exec, as an awaitable of the running event loop."""
        return infer_async(self, decoupled)

    def _check_contents(self) -> None:
        for tensor in self._inputs:
            if tensor is None:
                raise TritonModelException(
                    f"Input tensor for request with id '{self._request_id}' and model name "
                    f"'{self._model_name}' should not be empty."
                )
            if not isinstance(tensor, Tensor):
                raise TypeError(f"inputs must hold Tensor objects, found {type(tensor)}")
        for name in self._requested_output_names:
            if not isinstance(name, str):
                raise TypeError(f"requested_output_names must hold str, found {type(name)}")
            if not name:
                raise TritonModelException(
                    f"Requested output name for request with id '{self._request_id}' and model "
                    f"name '{self._model_name}' should not be empty."
                )


def _check_required(inputs: Any, requested_output_names: Any, model_name: Any) -> None:
    required = {
        "inputs": inputs,
        "requested_output_names": requested_output_names,
        "model_name": model_name,
    }
    missing = [name for name, value in required.items() if value is None]
    if missing:
        raise TypeError(f"InferenceRequest() misses {', '.join(missing)}")
    if not isinstance(model_name, str):
        raise TypeError(f"the model_name of a request must be a str, found {type(model_name)}")


def _check_correlation_id(correlation_id: Any) -> None:
    if isinstance(correlation_id, str):
        return
    if not isinstance(correlation_id, int):
        raise TritonModelException("Correlation ID must be integer or string")
    if not 0 <= correlation_id < 1 << 64:
        raise TritonModelException("Correlation ID must be an unsigned integer of 64 bits")
