"""Inference with one answer per request, by all four stock clients."""

import queue

import numpy as np
import pytest
import tritonclient.grpc as grpcclient
import tritonclient.http as httpclient
from tritonclient.utils import InferenceServerException, np_to_triton_dtype


def test_computes(client, ramp):
    inputs = [client.input("INPUT0", ramp), client.input("INPUT1", ramp + 1)]
    result = client.infer("add_sub", inputs, request_id="seven")
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), 2 * ramp + 1)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), np.full((2, 16), -1))
    response = result.get_response()
    plain = response if isinstance(response, dict) else {"id": response.id}
    assert plain["id"] == "seven"


def test_answers_a_certain_version(client, ramp):
    inputs = [client.input(name, ramp) for name in ("INPUT0", "INPUT1")]
    result = client.infer("add_sub", inputs, model_version="1")
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), 2 * ramp)


def test_gives_only_the_outputs_that_are_asked_for(client, ramp):
    inputs = [client.input(name, ramp) for name in ("INPUT0", "INPUT1")]
    result = client.infer("add_sub", inputs, outputs=[client.InferRequestedOutput("OUTPUT1")])
    assert result.as_numpy("OUTPUT0") is None
    assert result.as_numpy("OUTPUT1").shape == (2, 16)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32"])
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_keeps_narrow_types_to_the_bit(client, dtype, size):
    array = np.arange(size).astype(dtype)
    returned = echo(client, array)
    assert returned.dtype == array.dtype
    np.testing.assert_array_equal(returned, array)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float32", "float64", "float16"])
def test_keeps_wide_and_floating_types_to_the_bit(client, dtype):
    if dtype.startswith("float"):
        info = np.finfo(dtype)
        values = [0, -0.0, 0.1, info.max, info.tiny, np.inf, np.nan]
    else:
        info = np.iinfo(dtype)
        values = [0, 1, info.max, info.min]
    array = np.array(values, dtype=dtype)
    assert echo(client, array).tobytes() == array.tobytes()


def echo(client, array):
    """Sends an array through the identity model of its datatype."""
    model = "identity_" + np_to_triton_dtype(array.dtype).lower()
    return client.infer(model, [client.input("INPUT0", array)]).as_numpy("OUTPUT0")


def test_keeps_bytes_and_text(client):
    words = ["", "coffee", "Nereïde", "line\nbreak", "x" * 5000]
    array = np.array([[word.encode() for word in words], [b"\x00\xff\xfe"] * 5], dtype=object)
    result = client.infer("identity_bytes", [client.input("INPUT0", array)])
    assert result.as_numpy("OUTPUT0").tolist() == array.tolist()


def test_carries_a_tensor_of_some_megabytes(client):
    array = np.random.default_rng(1).random((64, 20000), dtype=np.float32)
    result = client.infer("identity_rows", [client.input("INPUT0", array)])
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), array)


def test_classifies(client):
    scores = np.array([[0.25, 4, 1, 2], [9, 8, 7, -6]], dtype=np.float32)
    outputs = [client.InferRequestedOutput("OUTPUT0", class_count=2)]
    result = client.infer("classify", [client.input("INPUT0", scores)], outputs=outputs)
    assert result.as_numpy("OUTPUT0").tolist() == [
        [b"4.000000:1:dog", b"2.000000:3:fish"],
        [b"9.000000:0:cat", b"8.000000:1:dog"],
    ]


def test_hands_request_parameters_to_the_model(client):
    parameters = {"text": "a/b", "whole": 12, "flag": True}
    tensor = client.input("INPUT0", np.array([b"text,whole,flag"], dtype=object))
    result = client.infer("parameters", [tensor], parameters=parameters)
    assert result.as_numpy("OUTPUT0").tolist() == [b"text=a/b", b"whole=12", b"flag=true"]


def test_refuses_reserved_request_parameters(client):
    tensor = client.input("INPUT0", np.array([b"text"], dtype=object))
    with pytest.raises(InferenceServerException):
        client.infer("parameters", [tensor], parameters={"triton_x": 1})


def test_takes_priority_and_timeout(client, ramp):
    inputs = [client.input(name, ramp) for name in ("INPUT0", "INPUT1")]
    result = client.infer("add_sub", inputs, priority=1, timeout=5_000_000)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), 2 * ramp)


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_speaks_json_and_binary_in_each_direction(http, ramp, binary_in, binary_out):
    inputs = []
    for name in ("INPUT0", "INPUT1"):
        tensor = httpclient.InferInput(name, list(ramp.shape), "INT32")
        tensor.set_data_from_numpy(ramp, binary_data=binary_in)
        inputs.append(tensor)
    outputs = [httpclient.InferRequestedOutput("OUTPUT0", binary_data=binary_out)]
    result = http.infer("add_sub", inputs, outputs=outputs)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), 2 * ramp)
    assert ("data" in result.get_output("OUTPUT0")) == (not binary_out)


def test_speaks_text_as_json(http):
    words = np.array([["tea", "Käse", '"quoted"']], dtype=object)
    tensor = httpclient.InferInput("INPUT0", [1, 3], "BYTES")
    tensor.set_data_from_numpy(words, binary_data=False)
    outputs = [httpclient.InferRequestedOutput("OUTPUT0", binary_data=False)]
    result = http.infer("identity_bytes", [tensor], outputs=outputs)
    assert result.get_output("OUTPUT0")["data"] == words.reshape(-1).tolist()


@pytest.mark.parametrize("request_algorithm", [None, "gzip", "deflate"])
@pytest.mark.parametrize("response_algorithm", [None, "gzip", "deflate"])
def test_compresses_over_http(http, request_algorithm, response_algorithm):
    array = np.zeros((1, 20000), dtype=np.float32)
    tensor = httpclient.InferInput("INPUT0", [1, 20000], "FP32")
    tensor.set_data_from_numpy(array)
    result = http.infer(
        "identity_rows",
        [tensor],
        request_compression_algorithm=request_algorithm,
        response_compression_algorithm=response_algorithm,
    )
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), array)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_takes_compressed_grpc_messages(grpc, algorithm):
    array = np.zeros((1, 20000), dtype=np.float32)
    tensor = grpcclient.InferInput("INPUT0", [1, 20000], "FP32")
    tensor.set_data_from_numpy(array)
    result = grpc.infer("identity_rows", [tensor], compression_algorithm=algorithm)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), array)


def numbered_input(package, number):
    tensor = package.InferInput("INPUT0", [1, 16], "FP32")
    tensor.set_data_from_numpy(np.full((1, 16), number, dtype=np.float32))
    return tensor


def test_answers_many_requests_at_once_over_http(http):
    handles = [
        http.async_infer("identity_rows", [numbered_input(httpclient, i)]) for i in range(64)
    ]
    for number, handle in enumerate(handles):
        assert handle.get_result().as_numpy("OUTPUT0")[0, 0] == number


def test_answers_many_requests_at_once_over_grpc(grpc):
    answers = queue.Queue()
    for number in range(64):
        grpc.async_infer(
            "identity_rows",
            [numbered_input(grpcclient, number)],
            lambda result, error, number=number: answers.put((number, result, error)),
        )
    for _ in range(64):
        number, result, error = answers.get(timeout=30)
        assert error is None
        assert result.as_numpy("OUTPUT0")[0, 0] == number


def test_answers_many_coroutines_at_once(client):
    if not client.kind.endswith(".aio"):
        pytest.skip("an asyncio client only")
    package = httpclient if client.kind == "http.aio" else grpcclient
    results = client.together(
        [client.stock.infer("identity_rows", [numbered_input(package, i)]) for i in range(64)]
    )
    assert [int(result.as_numpy("OUTPUT0")[0, 0]) for result in results] == list(range(64))
