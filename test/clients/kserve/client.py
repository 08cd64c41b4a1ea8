"""Calls the server with the inference clients of the KServe Python SDK.

SERVER_HTTP and SERVER_GRPC are the server's addresses, as host:port. Prints a line per test, `ok NAME` or
`not ok NAME` after the reasons, and at the end `1..COUNT`.
"""

import asyncio
import os
import sys
import textwrap
import traceback

import grpc
import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from kserve.protocol.infer_type import RequestedOutput

HTTP = f"http://{os.environ['SERVER_HTTP']}"
GRPC = os.environ["SERVER_GRPC"]
RAMP = np.arange(16, dtype=np.int32).reshape(1, 16)
TESTS = []


def test(name):
    """Adds a coroutine function to the tests."""

    def add(function):
        TESTS.append((name, function))
        return function

    return add


def rest_client():
    return InferenceRESTClient(RESTConfig(protocol="v2"))


def tensor(name, array, binary):
    datatype = "BYTES" if array.dtype == object else array.dtype.name.upper()
    made = InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def add_sub(binary, **more):
    inputs = [tensor("INPUT0", RAMP, binary), tensor("INPUT1", RAMP, binary)]
    return InferRequest("add_sub", inputs, request_id="one", **more)


def check_add_sub(response):
    assert response.id == "one"
    assert response.model_name == "add_sub"
    sums, differences = (output.as_numpy() for output in response.outputs)
    np.testing.assert_array_equal(sums, RAMP + RAMP)
    np.testing.assert_array_equal(differences, RAMP - RAMP)


def repeated(count):
    """A request that a decoupled model answers `count` times."""
    array = np.array([count], dtype=np.int32)
    return InferRequest("repeat", [tensor("N", array, True)])


@test("REST: a model is ready, another is not")
async def _():
    async with rest_client() as client:
        assert await client.is_model_ready(HTTP, "add_sub")
        assert not await client.is_model_ready(HTTP, "nope")


@test("REST: infers with tensors in JSON")
async def _():
    async with rest_client() as client:
        check_add_sub(await client.infer(HTTP, add_sub(binary=False), model_name="add_sub"))


@test("REST: infers with binary tensors in both directions")
async def _():
    request = add_sub(binary=True, parameters={"binary_data_output": True})
    headers = {}
    async with rest_client() as client:
        response = await client.infer(
            HTTP, request, model_name="add_sub", response_headers=headers
        )
    check_add_sub(response)
    assert "inference-header-content-length" in headers


@test("REST: asks for one output")
async def _():
    wanted = [RequestedOutput("OUTPUT1", {"binary_data": True})]
    async with rest_client() as client:
        request = add_sub(binary=False, request_outputs=wanted)
        response = await client.infer(HTTP, request, model_name="add_sub")
    assert [output.name for output in response.outputs] == ["OUTPUT1"]
    np.testing.assert_array_equal(response.outputs[0].as_numpy(), RAMP - RAMP)


@test("REST: infers BYTES")
async def _():
    words = np.array([["plain", "Zürich", ""]], dtype=object)
    for binary in (True, False):
        request = InferRequest("identity_bytes", [tensor("INPUT0", words, binary)])
        async with rest_client() as client:
            response = await client.infer(HTTP, request, model_name="identity_bytes")
        assert response.outputs[0].data == list(words.flat), response


@test("REST: shows status and text of an error")
async def _():
    async with rest_client() as client:
        for model, status, text in [
            ("nope", 404, "Request for unknown model: 'nope' is not found"),
            ("moody", 400, "expected 1 inputs but got 2 inputs for model 'moody'"),
        ]:
            try:
                await client.infer(HTTP, add_sub(binary=False), model_name=model)
            except httpx.HTTPStatusError as error:
                assert error.response.status_code == status, error
                assert text in str(error), error
            else:
                raise AssertionError(f"{model} accepted the request")


@test("gRPC: server and model are live and ready")
async def _():
    async with InferenceGRPCClient(GRPC) as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("add_sub")
        assert not await client.is_model_ready("nope")


@test("gRPC: metadata through the SDK's stubs")
async def _():
    async with grpc.aio.insecure_channel(GRPC) as channel:
        stub = GRPCInferenceServiceStub(channel)
        server = await stub.ServerMetadata(messages.ServerMetadataRequest())
        assert server.name and server.version and server.extensions
        model = await stub.ModelMetadata(messages.ModelMetadataRequest(name="add_sub"))
        assert list(model.versions) == ["1"], model
        shapes = {each.name: (each.datatype, list(each.shape)) for each in model.inputs}
        assert shapes == {"INPUT0": ("INT32", [-1, 16]), "INPUT1": ("INT32", [-1, 16])}


@test("gRPC: infers with typed and with raw contents")
async def _():
    async with InferenceGRPCClient(GRPC) as client:
        for binary in (False, True):
            check_add_sub(await client.infer(add_sub(binary)))


@test("gRPC: infers BYTES")
async def _():
    words = np.array([[b"plain", b"\xff\x00", b""]], dtype=object)
    async with InferenceGRPCClient(GRPC) as client:
        request = InferRequest("identity_bytes", [tensor("INPUT0", words, True)])
        response = await client.infer(request)
    np.testing.assert_array_equal(response.outputs[0].as_numpy(), words)


@test("gRPC: shows code and text of an error")
async def _():
    async with InferenceGRPCClient(GRPC) as client:
        try:
            await client.infer(repeated(1))
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
            assert "decoupled" in error.details(), error
        else:
            raise AssertionError("a decoupled model answered a unary call")


def main():
    all_passed = True
    for name, function in TESTS:
        try:
            asyncio.run(function())
            print(f"ok {name}")
        except Exception:  # pylint: disable=broad-except
            all_passed = False
            print(textwrap.indent(traceback.format_exc(), "  "))
            print(f"not ok {name}")
    print(f"1..{len(TESTS)}")
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main())
