"""Tensors and parameters on their way between the server and Pyodide: JSON, and one run of bytes."""

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple

from nereid_pb_utils.datatypes import DATATYPES, datatype_named
from nereid_pb_utils.errors import ErrorCode, TritonError
from nereid_pb_utils.response import InferenceResponse
from nereid_pb_utils.tensor import Tensor

__all__ = ["error_entry", "read_response", "read_tensors", "response_entry", "tensor_entries"]


def read_tensors(slots: Sequence[Dict[str, Any]], data: memoryview) -> List[Tensor]:
    """Tensors that are views of ``data``."""
    return [
        Tensor._from_memory(
            slot["name"],
            datatype_named(slot["datatype"]).code,
            slot["shape"],
            data[slot["offset"] : slot["offset"] + slot["sizeBytes"]],
        )
        for slot in slots
    ]


def tensor_entries(tensors: Sequence[Tensor], parts: List[Any]) -> List[Dict[str, Any]]:
    """What describes tensors; ``parts`` takes their raw contents."""
    entries = []
    for tensor in tensors:
        data = tensor._buffer()
        datatype = DATATYPES[tensor.triton_dtype()]
        parts.append(data)
        entries.append(
            {
                "name": tensor.name(),
                "datatype": datatype.name if datatype else "",
                "shape": tensor.shape(),
                "sizeBytes": len(data),
            }
        )
    return entries


def response_entry(
    response: InferenceResponse, requested: Optional[Sequence[str]], parts: List[Any]
) -> Dict[str, Any]:
    """What describes a response, with the outputs that are asked for."""
    error = response.error()
    if error is not None:
        return error_entry(error.message(), error.code())
    outputs = [
        tensor
        for tensor in response.output_tensors()
        if requested is None or tensor.name() in requested
    ]
    entries = tensor_entries(outputs, parts)
    return {"kind": "response", "outputs": entries, "parameters": parameter_entries(response)}


def error_entry(message: str, code: int = ErrorCode.INTERNAL) -> Dict[str, Any]:
    return {"kind": "error", "code": ErrorCode(code).name, "message": message}


def parameter_entries(holder: Any) -> List[Tuple[str, str, Any]]:
    """Name, kind and value; JSON would not tell 1 from 1.0, nor keep all digits of an int."""
    entries: List[Tuple[str, str, Any]] = []
    for name, value in json.loads(holder.parameters()).items():
        if isinstance(value, int) and not isinstance(value, bool):
            entries.append((name, "int", str(value)))
        else:
            entries.append((name, "value", value))
    return entries


def read_response(answer: Dict[str, Any], data: memoryview) -> InferenceResponse:
    """The answer of another model."""
    if answer["error"] is not None:
        error = TritonError(answer["error"]["message"], ErrorCode[answer["error"]["code"]])
        return InferenceResponse._from_server([], error, None)
    tensors = read_tensors(answer["slots"], data)
    return InferenceResponse._from_server(tensors, None, answer["parameters"])
