"""Compression by all four stock clients: the tensors stay the same, and fewer bytes travel."""

import numpy as np
import pytest

from byte_counter import ByteCounter
from conftest import CLIENT_MODULES, AnyClient

ROWS = np.tile(np.arange(100, dtype=np.float32), (8, 200))
# The rows repeat themselves: compressed, little of them is left, beside the frames of a connection.
COMPRESSED_BYTES = ROWS.nbytes // 10


def exchange(kind, address, **options):
    """Sends the rows there and back; returns the bytes that were sent and received."""
    with ByteCounter(address) as counter:
        client = AnyClient(kind, counter)
        try:
            result = client.infer("identity_rows", [client.input("INPUT0", ROWS)], **options)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), ROWS)
        finally:
            client.end()
        return counter.sent, counter.received


HTTP_CLIENTS = [kind for kind in CLIENT_MODULES if kind.startswith("http")]
GRPC_CLIENTS = [kind for kind in CLIENT_MODULES if kind.startswith("grpc")]
# aiohttp says of its own accord that it takes compressed answers.
ALWAYS_ASKS = "http.aio"


@pytest.mark.parametrize("kind", HTTP_CLIENTS)
@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_takes_compressed_requests_over_http(server, kind, algorithm):
    sent, received = exchange(kind, server.http, request_compression_algorithm=algorithm)
    assert sent < COMPRESSED_BYTES
    assert (received > ROWS.nbytes) == (kind != ALWAYS_ASKS)


@pytest.mark.parametrize("kind", HTTP_CLIENTS)
@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compresses_answers_over_http_if_asked(server, kind, algorithm):
    sent, received = exchange(kind, server.http, response_compression_algorithm=algorithm)
    assert sent > ROWS.nbytes
    assert received < COMPRESSED_BYTES


@pytest.mark.parametrize("kind", GRPC_CLIENTS)
@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_takes_compressed_messages_over_grpc(server, kind, algorithm):
    sent, received = exchange(kind, server.grpc, compression_algorithm=algorithm)
    assert sent < COMPRESSED_BYTES
    assert received > ROWS.nbytes


def test_compresses_nothing_unasked(server, client):
    address = server.http if client.kind in HTTP_CLIENTS else server.grpc
    sent, received = exchange(client.kind, address)
    assert sent > ROWS.nbytes
    assert (received > ROWS.nbytes) == (client.kind != ALWAYS_ASKS)
