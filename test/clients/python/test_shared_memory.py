"""System shared memory, by the stock clients and the client library's own shared_memory module."""

import contextlib
import os
import queue
import threading
import uuid
from concurrent import futures

import numpy as np
import pytest
import tritonclient.grpc as grpcclient
import tritonclient.http as httpclient
import tritonclient.utils.shared_memory as shm
from tritonclient.utils import InferenceServerException, serialize_byte_tensor

from conftest import plain

LARGE_COUNT = 1 << 20


class Region:
    """A new shared-memory object, and its registration with the server under its own name."""

    def __init__(self, client, size, register=True):
        self.name = f"nereid_test_{uuid.uuid4().hex}"
        self.size = size
        self.handle = shm.create_shared_memory_region(self.name, f"/{self.name}", size)
        if register:
            client.register_system_shared_memory(self.name, f"/{self.name}", size)

    def put(self, *arrays, offset=0):
        shm.set_shared_memory_region(self.handle, list(arrays), offset=offset)

    def get(self, dtype, shape, offset=0):
        return shm.get_contents_as_numpy(self.handle, dtype, shape, offset=offset)


@pytest.fixture
def region(client):
    """Makes regions of a size, which are unregistered and unlinked after the test."""
    regions = []

    def make(size, **options):
        regions.append(Region(client, size, **options))
        return regions[-1]

    yield make
    for each in regions:
        client.unregister_system_shared_memory(each.name)
        with contextlib.suppress(shm.SharedMemoryException):
            shm.destroy_shared_memory_region(each.handle)


def shared_input(client, region, shape, datatype="FP32", offset=0, size=None):
    tensor = client.InferInput("INPUT0", shape, datatype)
    tensor.set_shared_memory(region.name, size or region.size - offset, offset=offset)
    return tensor


def shared_output(client, region, size, offset=0):
    # The HTTP clients ask for binary data unless told otherwise, which shared memory rules out.
    output = client.InferRequestedOutput("OUTPUT0")
    output.set_shared_memory(region.name, size, offset=offset)
    return output


def regions_of(client, name=""):
    """The status in the form of the HTTP clients."""
    status = client.get_system_shared_memory_status(name)
    return list(status.get("regions", {}).values()) if isinstance(status, dict) else status


def test_computes_in_shared_memory_again_and_again(client, region):
    memory = region(128)
    for step in range(5):
        values = np.arange(16, dtype=np.float32) + step
        memory.put(values)
        inputs = [shared_input(client, memory, [16], size=64)]
        result = client.infer(
            "identity_fp32", inputs, outputs=[shared_output(client, memory, 64, offset=64)]
        )
        description = plain(result.get_output("OUTPUT0"))
        assert [int(dim) for dim in description.pop("shape")] == [16]
        assert description == {"name": "OUTPUT0", "datatype": "FP32"}
        np.testing.assert_array_equal(memory.get(np.float32, [16], offset=64), values)


def test_answers_a_stream_in_order_whatever_the_size(grpc):
    memory = Region(grpc, 4 * LARGE_COUNT)
    answers = queue.Queue()
    counts = [16, LARGE_COUNT, 1, LARGE_COUNT, 4]
    try:
        memory.put(np.arange(LARGE_COUNT, dtype=np.float32))
        grpc.start_stream(lambda result, error: answers.put((result, error)))
        for index, count in enumerate(counts):
            tensor = grpcclient.InferInput("INPUT0", [count], "FP32")
            tensor.set_shared_memory(memory.name, 4 * count)
            grpc.async_stream_infer("identity_fp32", [tensor], request_id=str(index))
        for index, count in enumerate(counts):
            result, error = answers.get(timeout=30)
            assert error is None
            assert result.get_response().id == str(index)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), np.arange(count))
    finally:
        grpc.stop_stream()
        grpc.unregister_system_shared_memory(memory.name)
        shm.destroy_shared_memory_region(memory.handle)


def test_mixes_tensors_in_shared_memory_with_tensors_in_the_message(client, region, ramp):
    memory = region(ramp.nbytes)
    memory.put(ramp)
    first = client.InferInput("INPUT0", [2, 16], "INT32")
    first.set_shared_memory(memory.name, ramp.nbytes)
    result = client.infer("add_sub", [first, client.input("INPUT1", ramp + 1)])
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), 2 * ramp + 1)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), np.full((2, 16), -1))


def test_takes_strings_from_shared_memory(client, region):
    strings = np.array([[b"one", b"", "zwölf".encode()]], dtype=np.object_)
    serialized = serialize_byte_tensor(strings)
    memory = region(len(serialized.item()))
    memory.put(serialized)
    result = client.infer("identity_bytes", [shared_input(client, memory, [1, 3], "BYTES")])
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), strings)


def test_moves_large_tensors(client, region):
    values = np.arange(LARGE_COUNT, dtype=np.float32)
    memory = region(2 * values.nbytes)
    memory.put(values)
    client.infer(
        "identity_fp32",
        [shared_input(client, memory, [LARGE_COUNT], size=values.nbytes)],
        outputs=[shared_output(client, memory, values.nbytes, offset=values.nbytes)],
    )
    returned = memory.get(np.float32, [LARGE_COUNT], offset=values.nbytes)
    np.testing.assert_array_equal(returned, values)


def test_tells_which_regions_it_knows(client, region):
    memory = region(64)
    expected = {"name": memory.name, "key": f"/{memory.name}", "byte_size": 64}
    [status] = regions_of(client, memory.name)
    # Over gRPC numbers are text, and an offset of 0 is left out.
    status = {**status, "byte_size": int(status["byte_size"])}
    assert {key: value for key, value in status.items() if key != "offset"} == expected
    assert memory.name in [each["name"] for each in regions_of(client)]
    client.unregister_system_shared_memory(memory.name)
    with pytest.raises(InferenceServerException, match="Unable to find system shared memory"):
        client.get_system_shared_memory_status(memory.name)
    client.unregister_system_shared_memory(memory.name)


def test_reads_a_region_from_its_offset_in_the_object(client, region):
    memory = region(8192)
    memory.put(np.arange(2048, dtype=np.float32))
    name = f"{memory.name}_tail"
    client.register_system_shared_memory(name, f"/{memory.name}", 64, offset=4096)
    try:
        tensor = client.InferInput("INPUT0", [2], "FP32")
        tensor.set_shared_memory(name, 8, offset=4)
        np.testing.assert_array_equal(
            client.infer("identity_fp32", [tensor]).as_numpy("OUTPUT0"), [1025, 1026]
        )
    finally:
        client.unregister_system_shared_memory(name)


def test_refuses_what_it_cannot_register(client, region):
    memory = region(64)
    attempts = {
        "shared memory region '.*' already in manager": (memory.name, f"/{memory.name}", 64),
        "Unable to open shared memory region: '/nereid_none'": ("n", "/nereid_none", 64),
        "Unable to open shared memory region: '/../etc/passwd'": ("n", "/../etc/passwd", 64),
        "as the key contains the reserved prefix": ("n", "triton_python_backend_shm_region_1", 64),
    }
    for message, (name, key, size) in attempts.items():
        with pytest.raises(InferenceServerException, match=message):
            client.register_system_shared_memory(name, key, size)
    unregistered = region(64, register=False)
    with pytest.raises(InferenceServerException, match="failed to register .* invalid args"):
        client.register_system_shared_memory("n", f"/{unregistered.name}", 65)


def test_refuses_tensors_that_are_not_in_a_region(client, region):
    memory = region(64)
    attempts = {
        "Invalid offset for shared memory region": (memory.name, 4, 64),
        "Invalid offset \\+ byte size for shared memory region": (memory.name, 64, 4),
        "Unable to find shared memory region: 'none'": ("none", 64, 0),
        "input byte size mismatch": (memory.name, 32, 0),
    }
    for message, (name, size, offset) in attempts.items():
        tensor = client.InferInput("INPUT0", [16], "FP32")
        tensor.set_shared_memory(name, size, offset=offset)
        with pytest.raises(InferenceServerException, match=message):
            client.infer("identity_fp32", [tensor])


def test_refuses_an_output_that_has_too_little_room(client, region):
    memory = region(128)
    memory.put(np.ones(16, np.float32))
    with pytest.raises(InferenceServerException, match="should be at least 64 bytes"):
        client.infer(
            "identity_fp32",
            [shared_input(client, memory, [16], size=64)],
            outputs=[shared_output(client, memory, 32, offset=64)],
        )
    assert not memory.get(np.float32, [16], offset=64).any()


def test_keeps_a_region_until_the_last_request_that_uses_it_has_ended(server, client, region):
    memory = region(128)
    values = np.arange(16, dtype=np.float32)
    memory.put(values)

    def infer_slowly():
        tensor = httpclient.InferInput("INPUT0", [1, 16], "FP32")
        tensor.set_shared_memory(memory.name, 64)
        output = httpclient.InferRequestedOutput("OUTPUT0")
        output.set_shared_memory(memory.name, 64, offset=64)
        with httpclient.InferenceServerClient(server.http) as other:
            other.infer("slow", [tensor], outputs=[output])

    # The model answers one after the other: when the first is done, the others are waiting.
    with futures.ThreadPoolExecutor(5) as pool:
        pending = [pool.submit(infer_slowly) for _ in range(5)]
        futures.wait(pending, return_when=futures.FIRST_COMPLETED)
        client.unregister_system_shared_memory(memory.name)
        assert [each["name"] for each in regions_of(client, memory.name)] == [memory.name]
    assert [each.result() for each in pending] == [None] * 5
    np.testing.assert_array_equal(memory.get(np.float32, [16], offset=64), values)
    assert memory.name not in [each["name"] for each in regions_of(client)]


def test_answers_errors_and_goes_on_while_a_client_truncates_its_memory(client, region):
    memory = region(4 << 20)
    path = f"/dev/shm/{memory.name}"
    count = memory.size // 8
    stop = threading.Event()

    def resize():
        while not stop.is_set():
            os.truncate(path, 0)
            os.truncate(path, memory.size)

    thread = threading.Thread(target=resize)
    thread.start()
    answers = {"result": 0, "error": 0}
    try:
        for _ in range(100):
            try:
                client.infer(
                    "identity_fp32",
                    [shared_input(client, memory, [count], size=4 * count)],
                    outputs=[shared_output(client, memory, 4 * count, offset=4 * count)],
                )
                answers["result"] += 1
            except InferenceServerException as error:
                assert "Invalid offset + byte size for shared memory region" in str(error)
                answers["error"] += 1
    finally:
        stop.set()
        thread.join()
    os.truncate(path, 0)
    with pytest.raises(InferenceServerException, match="Invalid offset \\+ byte size"):
        client.infer("identity_fp32", [shared_input(client, memory, [count], size=4 * count)])
    assert sum(answers.values()) == 100
    assert client.is_server_live()


def test_has_no_cuda_memory(client):
    status = client.get_cuda_shared_memory_status()
    assert status in ([], {})
    client.unregister_cuda_shared_memory()
    with pytest.raises(InferenceServerException, match="Unable to find cuda shared memory region"):
        client.get_cuda_shared_memory_status("none")
    with pytest.raises(InferenceServerException, match="GPUs not supported"):
        client.register_cuda_shared_memory("c", b"A" * 88, 0, 64)
