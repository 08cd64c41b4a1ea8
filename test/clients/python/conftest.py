"""A running server with the models of test/models/clients, and stock clients for it.

NEREID_TEST_HTTP and NEREID_TEST_GRPC (host:port) name a server that already serves these models, in
explicit model control; without them the tests start one.
"""

import asyncio
import inspect
import os
import types

import numpy as np
import pytest
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as grpc_aio
import tritonclient.http as httpclient
import tritonclient.http.aio as http_aio
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from server_process import ROOT, ServerProcess

CLIENT_MODULES = {
    "http": httpclient,
    "grpc": grpcclient,
    "http.aio": http_aio,
    "grpc.aio": grpc_aio,
}


@pytest.fixture(scope="session")
def server():
    http, grpc = os.environ.get("NEREID_TEST_HTTP"), os.environ.get("NEREID_TEST_GRPC")
    if http and grpc:
        yield types.SimpleNamespace(http=http, grpc=grpc)
        return
    models = os.environ.get("NEREID_TEST_MODELS", ROOT / "test" / "models" / "clients")
    flags = ["--model-control-mode=explicit", "--load-model=*"]
    with ServerProcess(models, flags) as process:
        yield process


class AnyClient:
    """One of the four stock clients; a coroutine of an asyncio client is awaited on the spot.

    `InferInput` and `InferRequestedOutput` are those of the client's package. `options` are those of
    its constructor.
    """

    def __init__(self, kind, server, options=None):
        module = CLIENT_MODULES[kind]
        package = httpclient if kind.startswith("http") else grpcclient
        self.kind = kind
        self.InferInput = package.InferInput
        self.InferRequestedOutput = package.InferRequestedOutput
        self._loop = asyncio.new_event_loop()
        address = server.http if kind.startswith("http") else server.grpc
        self.stock = self._settle(self._open(module, address, options or {}))

    def __getattr__(self, name):
        method = getattr(self.stock, name)
        return lambda *args, **kwargs: plain(self._settle(method(*args, **kwargs)))

    def together(self, calls):
        """Runs coroutines of the stock client at the same time and returns their results."""
        return self._settle(self._gather(calls))

    def input(self, name, array, **set_data):
        """An input with the data of an array; `set_data` are options such as binary_data."""
        datatype = "BYTES" if array.dtype.kind in "OS" else DATATYPES[array.dtype.name]
        tensor = self.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, **set_data)
        return tensor

    def end(self):
        self._settle(self.stock.close())
        self._loop.close()

    @staticmethod
    async def _open(module, address, options):
        return module.InferenceServerClient(address, **options)

    @staticmethod
    async def _gather(calls):
        return await asyncio.gather(*calls)

    def _settle(self, result):
        return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result


DATATYPES = {
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


def plain(answer):
    """A protobuf message as the same document that the HTTP clients give."""
    if isinstance(answer, Message):
        return MessageToDict(answer, preserving_proto_field_name=True)
    return answer


@pytest.fixture(params=CLIENT_MODULES)
def client(request, server):
    """Each of the four stock clients in turn."""
    any_client = AnyClient(request.param, server)
    yield any_client
    any_client.end()


@pytest.fixture
def http(server):
    with httpclient.InferenceServerClient(server.http, concurrency=8) as stock:
        yield stock


@pytest.fixture
def grpc(server):
    with grpcclient.InferenceServerClient(server.grpc) as stock:
        yield stock


@pytest.fixture
def ramp():
    """Two rows of sixteen whole numbers."""
    return np.arange(32, dtype=np.int32).reshape(2, 16)
