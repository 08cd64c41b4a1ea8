import gc
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import triton_python_backend_utils as pb_utils
from nereid_pb_utils import dlpack
from nereid_pb_utils.datatypes import DATATYPES

PACKAGES = Path(__file__).parent.parent
NUMERIC = [d for d in DATATYPES if d is not None and d.numpy_name not in (None, "object_")]


def from_memory(code, shape, data):
    return pb_utils.Tensor._from_memory("t", code, shape, memoryview(data))


@pytest.mark.parametrize("datatype", NUMERIC, ids=lambda d: d.name)
def test_array_and_raw_contents_agree(datatype):
    array = np.array([[0, 1, 1], [1, 0, 1]]).astype(datatype.numpy_name)
    tensor = pb_utils.Tensor("t", array)
    assert tensor.triton_dtype() == datatype.code
    assert tensor.shape() == [2, 3]
    assert bytes(tensor._buffer()) == array.tobytes()
    received = from_memory(datatype.code, [2, 3], bytearray(array.tobytes()))
    assert received.as_numpy().dtype == array.dtype
    assert (received.as_numpy() == array).all()
    assert received.values() == array.ravel().tolist()


def test_a_contiguous_array_is_not_copied():
    array = np.zeros((2, 2), np.float16)
    tensor = pb_utils.Tensor("t", array)
    assert tensor.as_numpy() is array
    view = tensor._buffer()
    array[0, 0] = 1
    assert bytes(view[:2]) == b"\x00\x3c"


def test_memory_of_the_server_is_not_copied():
    data = bytearray(8)
    array = from_memory(11, (2,), data).as_numpy()
    struct.pack_into("<f", data, 4, 2.5)
    assert array.tolist() == [0, 2.5]
    assert array.flags.writeable


def test_a_strided_array_is_sent_in_row_major_order():
    array = np.arange(6, dtype=np.int32).reshape(2, 3).T
    tensor = pb_utils.Tensor("t", array)
    assert tensor.shape() == [3, 2]
    assert bytes(tensor._buffer()) == struct.pack("<6i", 0, 3, 1, 4, 2, 5)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1)])
def test_odd_shapes_are_kept(shape):
    array = np.zeros(shape, np.float32)
    tensor = pb_utils.Tensor("t", array)
    assert tensor.shape() == list(shape)
    data = bytes(tensor._buffer())
    assert len(data) == array.nbytes
    assert from_memory(11, shape, data).as_numpy().shape == shape


def test_text_and_bytes_become_elements_with_lengths():
    array = np.array([["a", b"bc"], [b"", "\u00e9"]], dtype=np.object_)
    data = bytes(pb_utils.Tensor("t", array)._buffer())
    assert data == b"\x01\0\0\0a\x02\0\0\0bc\0\0\0\0\x02\0\0\0\xc3\xa9"
    back = from_memory(13, (2, 2), data).as_numpy()
    assert back.dtype == np.object_
    assert back.tolist() == [[b"a", b"bc"], [b"", b"\xc3\xa9"]]


def test_an_array_of_fixed_length_strings_is_bytes():
    tensor = pb_utils.Tensor("t", np.array([b"ab", b"c"]))
    assert tensor.triton_dtype() == 13
    assert tensor.values() == [b"ab", b"c"]


def test_large_elements_are_read_one_by_one():
    elements = [bytes([i]) * 50_000 for i in range(3)]
    data = pb_utils.Tensor("t", np.array(elements, dtype=np.object_))._buffer()
    assert from_memory(13, (3,), data).as_numpy().tolist() == elements


@pytest.mark.parametrize(
    "array",
    [np.array([1j]), np.array(["text"]), np.zeros(2, ">f4"), np.zeros(2, "datetime64[s]")],
    ids=["complex", "unicode", "big-endian", "datetime"],
)
def test_refuses_an_array_that_no_datatype_fits(array):
    with pytest.raises(pb_utils.TritonModelException, match="^NumPy dtype is not supported.$"):
        pb_utils.Tensor("t", array)


def test_refuses_what_is_no_array_and_an_empty_name():
    with pytest.raises(TypeError):
        pb_utils.Tensor("t", [1, 2])
    with pytest.raises(TypeError):
        pb_utils.Tensor(5, np.zeros(2))
    with pytest.raises(pb_utils.TritonModelException, match="^Tensor name cannot be an empty"):
        pb_utils.Tensor("", np.zeros(2))


def test_bfloat16_has_raw_contents_and_no_numpy_array():
    tensor = from_memory(14, (2,), b"\x80\x3f\x00\x40")
    assert bytes(tensor._buffer()) == b"\x80\x3f\x00\x40"
    with pytest.raises(pb_utils.TritonModelException, match="BF16 and cannot be converted to NumPy"):
        tensor.as_numpy()


def test_values_make_a_tensor_without_numpy():
    tensor = pb_utils.Tensor.from_values("t", "FP32", [2, 1], [1.5, -2])
    assert tensor.as_numpy().tolist() == [[1.5], [-2]]
    assert pb_utils.Tensor.from_values("t", "TYPE_STRING", [1], ["x"]).values() == [b"x"]
    assert pb_utils.Tensor.from_values("t", "BF16", [1], b"\x80\x3f").triton_dtype() == 14
    with pytest.raises(ValueError, match="takes 8 bytes, found 4"):
        pb_utils.Tensor.from_values("t", "FP32", [2], [1])
    with pytest.raises(ValueError, match="unknown datatype 'FP8'"):
        pb_utils.Tensor.from_values("t", "FP8", [2], [1])


def test_numpy_is_imported_only_when_it_is_used():
    script = (
        "import sys; import triton_python_backend_utils as pb; from nereid_pb_utils import dlpack\n"
        "t = pb.Tensor.from_values('t', 'INT64', [2], [7, 8])\n"
        "u = pb.Tensor.from_dlpack('u', t.to_dlpack())\n"
        "assert u.values() == [7, 8] and u.shape() == [2], u\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=PACKAGES, timeout=60)


class TestDlpack:
    @pytest.mark.parametrize("datatype", NUMERIC, ids=lambda d: d.name)
    @pytest.mark.parametrize("writable", [True, False], ids=["by-numpy", "by-ctypes"])
    def test_a_capsule_is_taken_over(self, datatype, writable):
        array = np.array([[0, 1, 1], [1, 0, 1]]).astype(datatype.numpy_name)
        data = bytearray(array.tobytes()) if writable else array.tobytes()
        capsule = from_memory(datatype.code, (2, 3), data).to_dlpack()
        taken = pb_utils.Tensor.from_dlpack("u", capsule)
        assert taken.triton_dtype() == datatype.code
        assert taken.shape() == [2, 3]
        assert (taken.as_numpy() == array).all()

    def test_bfloat16_travels(self):
        data = bytearray(b"\x80\x3f\x00\x40")
        taken = pb_utils.Tensor.from_dlpack("u", from_memory(14, (2,), data))
        assert taken.triton_dtype() == 14
        data[0:2] = b"\x00\x00"
        assert bytes(taken._buffer()) == b"\x00\x00\x00\x40"

    def test_numpy_reads_a_tensor_without_a_copy(self):
        data = bytearray(8)
        array = np.from_dlpack(from_memory(11, (2,), data))
        data[4:8] = struct.pack("<f", 3)
        assert array.tolist() == [0, 3]

    def test_memory_outlives_the_tensor_it_came_from(self):
        for source in (bytearray(struct.pack("<2q", 5, 6)), struct.pack("<2q", 5, 6)):
            array = pb_utils.Tensor.from_dlpack("u", from_memory(9, (2,), source)).as_numpy()
            gc.collect()
            assert array.tolist() == [5, 6]

    def test_exported_memory_is_released_after_its_last_use(self):
        taken = pb_utils.Tensor.from_dlpack("u", from_memory(14, (2,), bytearray(4)))
        view = taken._buffer()[1:]
        del taken
        assert len(dlpack._exports) == 1
        del view
        assert dlpack._exports == {}

    def test_a_capsule_that_nobody_consumes_is_forgotten(self):
        from_memory(14, (2,), bytearray(4)).to_dlpack()
        kept = from_memory(14, (2,), bytearray(4)).to_dlpack()
        assert len(dlpack._exports) == 1
        assert pb_utils.Tensor.from_dlpack("u", kept).shape() == [2]
        del kept
        assert dlpack._exports == {}

    def test_a_capsule_is_consumed_once(self):
        capsule = from_memory(14, (2,), bytearray(4)).to_dlpack()
        pb_utils.Tensor.from_dlpack("u", capsule)
        with pytest.raises(pb_utils.TritonModelException, match="consumed already"):
            pb_utils.Tensor.from_dlpack("u", capsule)

    def test_refuses_what_a_response_cannot_carry(self):
        from_dlpack = pb_utils.Tensor.from_dlpack
        with pytest.raises(pb_utils.TritonModelException, match="not contiguous"):
            from_dlpack("u", np.zeros((2, 3), np.float32).T)
        with pytest.raises(pb_utils.TritonModelException, match="dtype is not supported"):
            from_dlpack("u", np.zeros(2, np.complex64))
        with pytest.raises(pb_utils.TritonModelException, match="Provided tensor is not supported"):
            from_dlpack("u", 5)
        with pytest.raises(pb_utils.TritonModelException, match="does not have support for string"):
            from_memory(13, (1,), b"\0\0\0\0").to_dlpack()

    def test_a_tensor_on_an_accelerator_is_copied_first(self):
        class OnAccelerator:
            def __dlpack_device__(self):
                return (2, 0)

            def __dlpack__(self, **_):
                raise BufferError("not here")

            def cpu(self):
                return np.array([4, 5], np.int32)

        taken = pb_utils.Tensor.from_dlpack("u", OnAccelerator())
        assert taken.as_numpy().tolist() == [4, 5]
        assert bytes(taken._buffer()) == struct.pack("<2i", 4, 5)

    def test_shape_of_nothing(self):
        taken = pb_utils.Tensor.from_dlpack("u", from_memory(14, (0, 3), b""))
        assert taken.shape() == [0, 3]
        assert bytes(taken._buffer()) == b""
