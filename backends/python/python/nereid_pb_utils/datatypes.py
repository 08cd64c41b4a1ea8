"""The datatypes of tensors, and their names in numpy, in a model configuration and on the wire."""

from functools import lru_cache
from typing import Any, Dict, NamedTuple, Optional, Tuple

__all__ = [
    "BF16",
    "BYTES",
    "DATATYPES",
    "Datatype",
    "datatype_named",
    "numpy_to_triton_type",
    "triton_string_to_numpy",
    "triton_to_numpy_type",
]


class Datatype(NamedTuple):
    code: int
    #: As tensors have it: ``FP32``.
    name: str
    #: As a model configuration has it: ``TYPE_FP32``.
    config_name: str
    #: Bytes of one element; 0 for BYTES.
    item_size: int
    #: Name of the numpy scalar type; None where numpy has none.
    numpy_name: Optional[str]
    #: Format character of memoryview and struct; None where Python has none.
    format: Optional[str]
    #: Type code of DLPack: 0 signed, 1 unsigned, 2 float, 4 bfloat, 6 bool; None for BYTES.
    dlpack_code: Optional[int]


BYTES = 13
BF16 = 14

#: By code. The first entry stands for "no datatype".
DATATYPES: Tuple[Optional[Datatype], ...] = (
    None,
    Datatype(1, "BOOL", "TYPE_BOOL", 1, "bool_", "?", 6),
    Datatype(2, "UINT8", "TYPE_UINT8", 1, "uint8", "B", 1),
    Datatype(3, "UINT16", "TYPE_UINT16", 2, "uint16", "H", 1),
    Datatype(4, "UINT32", "TYPE_UINT32", 4, "uint32", "I", 1),
    Datatype(5, "UINT64", "TYPE_UINT64", 8, "uint64", "Q", 1),
    Datatype(6, "INT8", "TYPE_INT8", 1, "int8", "b", 0),
    Datatype(7, "INT16", "TYPE_INT16", 2, "int16", "h", 0),
    Datatype(8, "INT32", "TYPE_INT32", 4, "int32", "i", 0),
    Datatype(9, "INT64", "TYPE_INT64", 8, "int64", "q", 0),
    Datatype(10, "FP16", "TYPE_FP16", 2, "float16", "e", 2),
    Datatype(11, "FP32", "TYPE_FP32", 4, "float32", "f", 2),
    Datatype(12, "FP64", "TYPE_FP64", 8, "float64", "d", 2),
    Datatype(BYTES, "BYTES", "TYPE_STRING", 0, "object_", None, None),
    Datatype(BF16, "BF16", "TYPE_BF16", 2, None, None, 4),
)

_BY_NAME: Dict[str, Datatype] = {}
for _datatype in DATATYPES:
    if _datatype is not None:
        _BY_NAME[_datatype.name] = _datatype
        _BY_NAME[_datatype.config_name] = _datatype


def datatype_named(name: str) -> Datatype:
    """The datatype called ``FP32`` or ``TYPE_FP32``. Raises ValueError for an unknown name."""
    datatype = _BY_NAME.get(name)
    if datatype is None:
        raise ValueError(f"unknown datatype {name!r}")
    return datatype


@lru_cache(maxsize=None)
def numpy_scalar_types() -> Tuple[Any, ...]:
    """The numpy scalar type of each code; None where there is none."""
    import numpy

    return tuple(
        getattr(numpy, datatype.numpy_name) if datatype and datatype.numpy_name else None
        for datatype in DATATYPES
    )


@lru_cache(maxsize=None)
def numpy_dtypes() -> Tuple[Any, ...]:
    """The numpy dtype of each code, little-endian as tensors are; None where there is none."""
    import numpy

    return tuple(
        None if scalar is None else numpy.dtype(scalar).newbyteorder("<")
        for scalar in numpy_scalar_types()
    )


@lru_cache(maxsize=None)
def codes_by_dtype() -> Dict[Any, int]:
    """The code of each dtype of numpy itself, but for the ``S`` dtypes of fixed length."""
    return {dtype: code for code, dtype in enumerate(numpy_dtypes()) if dtype is not None}


def code_of_dtype(dtype: Any) -> Optional[int]:
    """The code of an array's dtype; ml_dtypes has one named bfloat16. None if there is none."""
    code = codes_by_dtype().get(dtype)
    if code is not None:
        return code
    if dtype.kind == "S":
        return BYTES
    return BF16 if dtype.name == "bfloat16" else None


@lru_cache(maxsize=None)
def string_to_numpy() -> Dict[str, Any]:
    """The scalar type of each ``TYPE_...``; Triton has Python's own bool for TYPE_BOOL."""
    types = numpy_scalar_types()
    names = {d.config_name: types[d.code] for d in DATATYPES if d and types[d.code] is not None}
    names["TYPE_BOOL"] = bool
    return names


@lru_cache(maxsize=None)
def _codes_by_scalar_type() -> Dict[Any, int]:
    import numpy

    codes = {scalar: code for code, scalar in enumerate(numpy_scalar_types()) if scalar}
    codes[bool] = 1
    codes[numpy.bytes_] = BYTES
    return codes


def triton_to_numpy_type(data_type: int) -> Any:
    """The numpy type of a datatype's code, or None."""
    types = numpy_scalar_types()
    return types[data_type] if data_type in range(1, len(types)) else None


def numpy_to_triton_type(data_type: Any) -> Optional[int]:
    """The code of a numpy type or dtype, or None."""
    code = _codes_by_scalar_type().get(data_type)
    if code is not None:
        return code
    import numpy

    return codes_by_dtype().get(data_type) if isinstance(data_type, numpy.dtype) else None


def triton_string_to_numpy(triton_type_string: str) -> Any:
    """The numpy type of a configuration's ``data_type``. Raises KeyError where there is none."""
    return string_to_numpy()[triton_type_string]
