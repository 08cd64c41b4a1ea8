"""The interface between a model written in Python and the server.

A model imports it as ``import triton_python_backend_utils as pb_utils``. What a host needs of it,
the server's child process for one, is in ``nereid_pb_utils.host``.
"""

from typing import Any, Dict, Optional

from .byte_strings import deserialize_bytes_tensor, serialize_byte_tensor
from .datatypes import numpy_to_triton_type, triton_string_to_numpy, triton_to_numpy_type
from .errors import TritonError, TritonModelException
from .inference import ResponseIterator
from .logger import Logger
from .metrics import Metric, MetricFamily
from .model_config import ModelConfig
from .model_control import get_model_dir, is_model_ready, load_model, unload_model
from .preferred_memory import MemoryType, PreferredMemory
from .request import RELEASE_ALL, RELEASE_RESCHEDULE, InferenceRequest
from .response import InferenceResponse
from .response_sender import RESPONSE_COMPLETE_FINAL, InferenceResponseSender
from .tensor import Tensor
from .trace import InferenceTrace

__all__ = [
    "TRITONSERVER_MEMORY_CPU",
    "TRITONSERVER_MEMORY_GPU",
    "TRITONSERVER_REQUEST_FLAG_SEQUENCE_END",
    "TRITONSERVER_REQUEST_FLAG_SEQUENCE_START",
    "TRITONSERVER_REQUEST_RELEASE_ALL",
    "TRITONSERVER_REQUEST_RELEASE_RESCHEDULE",
    "TRITONSERVER_RESPONSE_COMPLETE_FINAL",
    "InferenceRequest",
    "InferenceResponse",
    "InferenceResponseSender",
    "InferenceTrace",
    "Logger",
    "MemoryType",
    "Metric",
    "MetricFamily",
    "ModelConfig",
    "PreferredMemory",
    "ResponseIterator",
    "Tensor",
    "TritonError",
    "TritonModelException",
    "deserialize_bytes_tensor",
    "get_input_config_by_name",
    "get_input_tensor_by_name",
    "get_model_dir",
    "get_output_config_by_name",
    "get_output_tensor_by_name",
    "is_model_ready",
    "load_model",
    "numpy_to_triton_type",
    "serialize_byte_tensor",
    "triton_string_to_numpy",
    "triton_to_numpy_type",
    "unload_model",
    "using_decoupled_model_transaction_policy",
]

TRITONSERVER_REQUEST_FLAG_SEQUENCE_START = 1
TRITONSERVER_REQUEST_FLAG_SEQUENCE_END = 2
TRITONSERVER_REQUEST_RELEASE_ALL = RELEASE_ALL
TRITONSERVER_REQUEST_RELEASE_RESCHEDULE = RELEASE_RESCHEDULE
TRITONSERVER_RESPONSE_COMPLETE_FINAL = RESPONSE_COMPLETE_FINAL
TRITONSERVER_MEMORY_CPU = MemoryType.TRITONSERVER_MEMORY_CPU
TRITONSERVER_MEMORY_GPU = MemoryType.TRITONSERVER_MEMORY_GPU


def get_input_tensor_by_name(inference_request: InferenceRequest, name: str) -> Optional[Tensor]:
    """The input called ``name``, or None."""
    for tensor in inference_request._inputs:
        if tensor._name == name:
            return tensor
    return None


def get_output_tensor_by_name(inference_response: InferenceResponse, name: str) -> Optional[Tensor]:
    """The output called ``name``, or None."""
    for tensor in inference_response._output_tensors:
        if tensor._name == name:
            return tensor
    return None


def get_input_config_by_name(model_config: Dict[str, Any], name: str) -> Optional[Dict[str, Any]]:
    """The properties of an input in a configuration that is a dict, or None."""
    return _find_config(model_config, "input", name)


def get_output_config_by_name(model_config: Dict[str, Any], name: str) -> Optional[Dict[str, Any]]:
    """The properties of an output in a configuration that is a dict, or None."""
    return _find_config(model_config, "output", name)


def using_decoupled_model_transaction_policy(model_config: Dict[str, Any]) -> bool:
    """Whether a configuration that is a dict is that of a decoupled model."""
    return bool(model_config.get("model_transaction_policy", {}).get("decoupled", False))


def _find_config(model_config: Dict[str, Any], kind: str, name: str) -> Optional[Dict[str, Any]]:
    if kind in model_config:
        for properties in model_config[kind]:
            if properties["name"] == name:
                return properties  # type: ignore[no-any-return]
    return None


def __getattr__(name: str) -> Any:
    # Made when asked for, because it needs numpy and most models do not need it.
    if name == "TRITON_STRING_TO_NUMPY":
        from .datatypes import string_to_numpy

        return string_to_numpy()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
