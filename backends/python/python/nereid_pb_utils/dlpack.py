"""DLPack in both directions.

numpy does the work where it can and is loaded already, as it is quick. Otherwise ctypes does:
for bfloat16, for capsules, for read-only memory and for models without numpy.
"""

import ctypes
import sys
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from . import dlpack_structures as layout
from .datatypes import BF16, DATATYPES, code_of_dtype
from .errors import TritonModelException

__all__ = ["ImportedTensor", "export_tensor", "import_tensor"]

#: A capsule's name once somebody owns its tensor. CPython keeps the pointer, not a copy.
_USED = {layout.NAME: b"used_dltensor", layout.NAME_VERSIONED: b"used_dltensor_versioned"}


class ImportedTensor(NamedTuple):
    code: int
    shape: Tuple[int, ...]
    #: The raw contents; keeps the other library's tensor alive.
    data: Any
    #: The same as a numpy array, if there is one already.
    array: Any


def import_tensor(source: Any) -> ImportedTensor:
    """Takes a capsule or an object with ``__dlpack__`` over, without a copy.

    Raises TritonModelException for anything else, and for what a response cannot carry.
    """
    if hasattr(source, "__dlpack__") and hasattr(source, "__dlpack_device__"):
        if source.__dlpack_device__()[0] not in layout.CPU_DEVICES:
            return import_tensor(_copy_to_cpu(source))
        array = _numpy_from(source)
        return _import_capsule(source.__dlpack__()) if array is None else _from_numpy(array)
    if type(source).__name__ == "PyCapsule":
        return _import_capsule(source)
    raise TritonModelException(
        "Provided tensor is not supported. Tensor must be a DLPack capsule "
        "        or have `__dlpack__` and `__dlpack_device__` attributes"
    )


def _copy_to_cpu(source: Any) -> Any:
    """Responses travel through memory of the CPU, so a tensor of an accelerator is copied."""
    if hasattr(source, "cpu"):
        return source.cpu()
    try:
        return source.__dlpack__(dl_device=(1, 0), copy=True)
    except (TypeError, BufferError) as error:
        raise TritonModelException(
            f"DLPack tensor is on an accelerator and cannot be copied to the CPU: {error}"
        ) from error


def _numpy_from(source: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if not hasattr(numpy, "from_dlpack"):
        return None
    try:
        return numpy.from_dlpack(source)  # type: ignore[union-attr]
    except (BufferError, RuntimeError, TypeError, ValueError):
        return None


def _from_numpy(array: Any) -> ImportedTensor:
    code = code_of_dtype(array.dtype)
    if code is None:
        raise TritonModelException("DLPack dtype is not supported.")
    if not array.flags.c_contiguous:
        raise _not_contiguous()
    return ImportedTensor(code, array.shape, None, array)


class _Ownership:
    """Gives a tensor back to its library when the last view of its memory is gone."""

    __slots__ = ("_address", "_deleter")

    def __init__(self, address: int, deleter: Any) -> None:
        self._address = address
        self._deleter = deleter

    def __del__(self) -> None:
        if self._deleter:
            self._deleter(self._address)


def _import_capsule(capsule: Any) -> ImportedTensor:
    name = next((name for name in _USED if layout.is_capsule(capsule, name)), None)
    if name is None:
        raise TritonModelException("DLPack capsule is of an unknown kind, or was consumed already.")
    structure = layout.Managed if name is layout.NAME else layout.ManagedVersioned
    address = layout.capsule_pointer(capsule, name)
    managed = structure.from_address(address)
    layout.rename_capsule(capsule, _USED[name])
    ownership = _Ownership(address, managed.deleter)
    tensor = managed.tensor
    shape = tuple(tensor.shape[: tensor.ndim]) if tensor.ndim else ()
    code = layout.DATATYPE_CODES.get((tensor.dtype.code, tensor.dtype.bits))
    if code is None or tensor.dtype.lanes != 1:
        raise TritonModelException("DLPack dtype is not supported.")
    if tensor.device.device_type not in layout.CPU_DEVICES:
        raise TritonModelException("DLPack tensor is not in CPU memory.")
    if not _is_contiguous(tensor, shape):
        raise _not_contiguous()
    item_size = DATATYPES[code].item_size  # type: ignore[union-attr]
    data = _view(tensor.data, tensor.byte_offset, _count(shape) * item_size, ownership)
    return ImportedTensor(code, shape, data, None)


def _view(address: int, offset: int, size: int, ownership: _Ownership) -> Any:
    if size == 0:
        return b""
    memory: Any = (ctypes.c_uint8 * size).from_address(address + offset)
    # Whatever is derived from the view keeps this array alive, and with it the other tensor.
    memory.ownership = ownership
    return memoryview(memory).cast("B")


def _is_contiguous(tensor: Any, shape: Sequence[int]) -> bool:
    if not tensor.strides:
        return True
    expected = 1
    for axis in range(len(shape) - 1, -1, -1):
        if shape[axis] != 1 and tensor.strides[axis] != expected:
            return _count(shape) == 0
        expected *= shape[axis]
    return True


def _not_contiguous() -> TritonModelException:
    return TritonModelException(
        "DLPack tensor is not contiguous. Only contiguous DLPack tensors that are stored in "
        "C-Order are supported."
    )


class _Export(NamedTuple):
    """What must stay alive while somebody else may use an exported tensor."""

    capsule: Any
    managed: Any
    shape: Any
    memory: Any
    tensor: Any


_exports: Dict[int, _Export] = {}


@layout.Deleter
def _forget_export(address: Optional[int]) -> None:
    _exports.pop(address, None)  # type: ignore[arg-type]


def export_tensor(tensor: Any) -> Any:
    """A capsule for a Tensor that is not BYTES. The memory stays valid until it is released."""
    if tensor.triton_dtype() != BF16 and "numpy" in sys.modules:
        try:
            return tensor.as_numpy().__dlpack__()
        except (AttributeError, BufferError, TypeError):
            pass  # An old numpy, read-only memory, or a datatype that it does not export.
    _drop_unused_exports()
    datatype = DATATYPES[tensor.triton_dtype()]
    sizes = tensor.shape()
    data = tensor._buffer()
    memory = _exportable(data)
    shape = (ctypes.c_int64 * len(sizes))(*sizes)
    managed = layout.Managed()
    managed.tensor.data = ctypes.addressof(memory) if len(data) else None
    managed.tensor.device.device_type = 1
    managed.tensor.ndim = len(sizes)
    managed.tensor.dtype.code = datatype.dlpack_code  # type: ignore[union-attr]
    managed.tensor.dtype.bits = datatype.item_size * 8  # type: ignore[union-attr]
    managed.tensor.dtype.lanes = 1
    managed.tensor.shape = shape
    managed.deleter = _forget_export
    address = ctypes.addressof(managed)
    capsule = layout.new_capsule(address, layout.NAME, None)
    _exports[address] = _Export(capsule, managed, shape, memory, tensor)
    return capsule


def _exportable(data: Any) -> Any:
    """A ctypes array over the memory; over a copy if it is read-only, as users may write."""
    view = memoryview(data)
    kind = ctypes.c_uint8 * len(view)
    return kind.from_buffer_copy(view) if view.readonly else kind.from_buffer(view)


def _drop_unused_exports() -> None:
    """Forgets capsules that nobody holds and nobody has consumed.

    A destructor of the capsule would be the usual place. It could run while an exception is on
    its way, where ctypes must not call Python code.
    """
    for address, export in list(_exports.items()):
        # Held by the export, and by the argument of the function that counts.
        held = sys.getrefcount(export.capsule) > 2
        if not held and layout.is_capsule(export.capsule, layout.NAME):
            _exports.pop(address, None)


def _count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
