"""The answer to a request."""

import json
from typing import Any, Dict, List, Optional, Sequence, Union

from .errors import TritonError, TritonModelException
from .tensor import Tensor

__all__ = ["InferenceResponse", "check_parameters"]

Parameters = Dict[str, Union[str, int, bool, float]]

_PARAMETER_TYPES = (str, bool, int, float)


class InferenceResponse:
    """Output tensors, or an error. With an error the tensors are left out."""

    __slots__ = ("_output_tensors", "_error", "_parameters")

    def __init__(
        self,
        output_tensors: Sequence[Tensor] = (),
        error: Optional[TritonError] = None,
        parameters: Optional[Parameters] = None,
    ) -> None:
        tensors = list(output_tensors)
        for tensor in tensors:
            if tensor.__class__ is not Tensor and not isinstance(tensor, Tensor):
                raise _not_a_tensor(tensor)
        if error is not None and not isinstance(error, TritonError):
            raise TypeError(f"the error of a response must be a TritonError, found {type(error)}")
        self._output_tensors = tensors
        self._error = error
        self._parameters: Any = parameters
        if parameters is not None:
            check_parameters(parameters)

    @classmethod
    def _from_server(
        cls, tensors: List[Tensor], error: Optional[TritonError], parameters: Optional[str]
    ) -> "InferenceResponse":
        """The answer to an inference of another model; ``parameters`` is JSON. For hosts."""
        response = cls.__new__(cls)
        response._output_tensors = tensors
        response._error = error
        response._parameters = parameters
        return response

    def output_tensors(self) -> List[Tensor]:
        """A list of the caller's own."""
        return list(self._output_tensors)

    def has_error(self) -> bool:
        return self._error is not None

    def error(self) -> Optional[TritonError]:
        return self._error

    def parameters(self) -> str:
        """The parameters as JSON."""
        return parameters_text(self._parameters)


def check_parameters(parameters: Any) -> None:
    """Raises TritonModelException for parameters that cannot travel."""
    if not isinstance(parameters, dict):
        raise TritonModelException(f"Expect parameters to be a dict, got {type(parameters)}")
    for key, value in parameters.items():
        if not isinstance(key, str):
            raise TritonModelException(
                f"Expect parameters keys to have type str, found type {type(key)}"
            )
        if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            raise TritonModelException(
                f"Expect parameters values of type int to fit in 64 bits, found {value}"
            )
        if not isinstance(value, _PARAMETER_TYPES):
            raise TritonModelException(
                f"Expect parameters values to have type bool/int/float/str, found type {type(value)}"
            )


def parameters_text(parameters: Any) -> str:
    """JSON of parameters that are a dict, JSON already, or None."""
    if not parameters:
        return "{}"
    return parameters if isinstance(parameters, str) else json.dumps(parameters)


def _not_a_tensor(found: Any) -> Exception:
    if found is None:
        return TritonModelException("Output tensor for inference response should not be empty.")
    return TypeError(f"output_tensors must hold Tensor objects, found {type(found)}")
