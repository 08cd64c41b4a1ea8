"""The memory layout of DLPack, and the functions of CPython that deal with its capsules."""

import ctypes
from typing import Any, Dict, Tuple

from .datatypes import DATATYPES

__all__ = [
    "CPU_DEVICES",
    "DATATYPE_CODES",
    "NAME",
    "NAME_VERSIONED",
    "Deleter",
    "DLTensor",
    "Managed",
    "ManagedVersioned",
    "capsule_pointer",
    "is_capsule",
    "new_capsule",
    "rename_capsule",
]

#: Plain memory, and memory pinned for CUDA or ROCm.
CPU_DEVICES = (1, 3, 11)
NAME = b"dltensor"
NAME_VERSIONED = b"dltensor_versioned"

#: Datatype code by (DLPack's type code, bits).
DATATYPE_CODES: Dict[Tuple[int, int], int] = {
    (datatype.dlpack_code, datatype.item_size * 8): datatype.code
    for datatype in DATATYPES
    if datatype is not None and datatype.dlpack_code is not None
}

Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Device(ctypes.Structure):
    _fields_ = [("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", Device),
        ("ndim", ctypes.c_int32),
        ("dtype", DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class Managed(ctypes.Structure):
    _fields_ = [("tensor", DLTensor), ("manager", ctypes.c_void_p), ("deleter", Deleter)]


class ManagedVersioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager", ctypes.c_void_p),
        ("deleter", Deleter),
        ("flags", ctypes.c_uint64),
        ("tensor", DLTensor),
    ]


def _api(name: str, result: Any, *arguments: Any) -> Any:
    # A function of its own: attributes set on ctypes.pythonapi's would be seen by everybody.
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


new_capsule = _api(
    "PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)
is_capsule = _api("PyCapsule_IsValid", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
capsule_pointer = _api(
    "PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p
)
rename_capsule = _api("PyCapsule_SetName", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
