"""The tensor that a model sees."""

import struct
from typing import Any, Dict, List, Sequence

from .byte_strings import join_elements, object_array, split_elements
from .datatypes import (
    BF16,
    BYTES,
    DATATYPES,
    Datatype,
    code_of_dtype,
    codes_by_dtype,
    datatype_named,
    numpy_dtypes,
)
from .errors import TritonModelException

__all__ = ["Tensor"]

#: Below this many bytes one copy of everything is cheaper than a copy per element.
_SMALL_BYTES = 65536

#: From numpy, once it is needed: its array, the dtype of each code, and the code of each dtype.
#: An import statement for each tensor would cost more than making the array.
_ndarray: Any = None
_dtypes: Any = None
_codes: Dict[Any, int] = {}


class Tensor:
    """A named array: a numpy array, memory of the server, or the memory of a DLPack tensor.

    It has an array, or data, or both: each is made from the other when it is first asked for, and
    shares its memory unless the elements are BYTES.
    """

    __slots__ = ("_name", "_code", "_shape", "_data", "_array")

    _name: str
    _code: int
    _shape: Sequence[int]
    _data: Any
    _array: Any

    def __init__(self, name: str, data: Any) -> None:
        """Wraps a numpy array, which must not be changed until the response is sent."""
        if data.__class__ is not _ndarray:
            _check_array(data)
        if name.__class__ is not str or not name:
            _check_name(name)
        code = _codes.get(data.dtype)
        if code is None:
            code = code_of_dtype(data.dtype)
            if code is None:
                raise TritonModelException("NumPy dtype is not supported.")
        if not data.flags.c_contiguous:
            import numpy

            data = numpy.ascontiguousarray(data)
        self._name = name
        self._code = code
        self._shape = data.shape
        self._data = None
        self._array = data

    @classmethod
    def _from_memory(cls, name: str, code: int, shape: Sequence[int], data: Any) -> "Tensor":
        """Wraps raw contents, bytes or a memoryview of bytes, without a copy. For hosts."""
        tensor = cls.__new__(cls)
        tensor._name = name
        tensor._code = code
        tensor._shape = shape
        tensor._data = data
        tensor._array = None
        return tensor

    @classmethod
    def from_values(cls, name: str, datatype: str, shape: Sequence[int], values: Any) -> "Tensor":
        """Makes a tensor without numpy; Triton's module does not have this.

        ``datatype`` is a name such as ``FP32`` or ``TYPE_FP32``. ``values`` are the elements in
        row-major order, or a bytes-like object with the raw contents.
        """
        _check_name(name)
        entry = datatype_named(datatype)
        data = _raw_contents(entry, values)
        count = _element_count(shape)
        if entry.item_size and len(data) != count * entry.item_size:
            raise ValueError(
                f"tensor '{name}' of {entry.name} and shape {list(shape)} takes "
                f"{count * entry.item_size} bytes, found {len(data)}"
            )
        return cls._from_memory(name, entry.code, tuple(shape), data)

    @staticmethod
    def from_dlpack(name: str, tensor: Any) -> "Tensor":
        """Takes over any object with ``__dlpack__``, or a DLPack capsule, without a copy.

        A tensor on an accelerator is copied to the CPU first.
        """
        from .dlpack import import_tensor

        _check_name(name)
        imported = import_tensor(tensor)
        made = Tensor._from_memory(name, imported.code, imported.shape, imported.data)
        made._array = imported.array
        return made

    def name(self) -> str:
        return self._name

    def triton_dtype(self) -> int:
        """The datatype's code, see triton_to_numpy_type."""
        return self._code

    def shape(self) -> List[int]:
        return list(self._shape)

    def is_cpu(self) -> bool:
        return True

    def as_numpy(self) -> Any:
        """The elements as a numpy array, the same at each call; BYTES as an array of objects.

        The array of an input is a view of memory that is the request's. Copy it to keep it.
        """
        array = self._array
        if array is None:
            array = self._array = self._make_array()
        return array

    def values(self) -> List[Any]:
        """The elements in row-major order; Triton's module does not have this."""
        if self._code == BYTES:
            return split_elements(self._buffer())
        entry = DATATYPES[self._code]
        if entry is None or entry.format is None:
            raise TritonModelException("Tensor dtype is BF16 and has no values in Python.")
        return list(struct.unpack(f"<{_element_count(self._shape)}{entry.format}", self._buffer()))

    def to_dlpack(self) -> Any:
        """A DLPack capsule, to be consumed once. It shares the tensor's memory."""
        from .dlpack import export_tensor

        if self._code == BYTES:
            raise TritonModelException("DLPack does not have support for string tensors.")
        return export_tensor(self)

    def __dlpack__(
        self, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """The protocol behind ``torch.from_dlpack`` and its like.

        ``stream`` and ``max_version`` may be ignored by a tensor in CPU memory.
        """
        if copy:
            raise BufferError("a tensor of the server is exported without a copy")
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError("a tensor of the server is in CPU memory")
        return self.to_dlpack()

    def __dlpack_device__(self) -> Any:
        return (1, 0)

    def __repr__(self) -> str:
        entry = DATATYPES[self._code]
        return f"Tensor({self._name!r}, {entry.name if entry else None}, {list(self._shape)})"

    def _buffer(self) -> Any:
        """The raw contents: bytes, or a contiguous memoryview of bytes. For hosts."""
        if self._data is not None:
            return self._data
        array = self._array
        if self._code == BYTES:
            return join_elements(array.ravel().tolist())
        if array.size == 0:
            return b""
        # Not every dtype has a format that memoryview can cast; bytes have.
        return array.reshape(-1).view("u1").data

    def _make_array(self) -> Any:
        if self._code == BF16:
            raise TritonModelException(
                "Tensor dtype is BF16 and cannot be converted to NumPy. Use to_dlpack() and "
                "from_dlpack() instead."
            )
        if self._code == BYTES:
            data = self._data
            small = len(data) < _SMALL_BYTES
            return object_array(split_elements(bytes(data) if small else data)).reshape(self._shape)
        if _ndarray is None:
            _load_numpy()
        return _ndarray(self._shape, _dtypes[self._code], self._data)


def _load_numpy() -> None:
    global _ndarray, _dtypes
    import numpy

    _dtypes = numpy_dtypes()
    _codes.update(codes_by_dtype())
    _ndarray = numpy.ndarray


def _check_array(data: Any) -> None:
    if _ndarray is None:
        _load_numpy()
    if not isinstance(data, _ndarray):
        raise TypeError(f"the data of a Tensor must be a numpy.ndarray, found {type(data)}")


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the name of a Tensor must be a str, found {type(name)}")
    if not name:
        raise TritonModelException("Tensor name cannot be an empty string.")


def _element_count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _raw_contents(datatype: Datatype, values: Any) -> Any:
    if isinstance(values, (bytes, bytearray, memoryview)):
        return memoryview(values).cast("B")
    if datatype.code == BYTES:
        return join_elements(values)
    if datatype.format is None:
        raise TypeError(f"{datatype.name} takes raw contents, a bytes-like object")
    elements = list(values)
    return struct.pack(f"<{len(elements)}{datatype.format}", *elements)
