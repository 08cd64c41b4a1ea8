"""Client plugins that add tokens, against a server that asks for them."""

import contextlib
import queue

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClientPlugin
from tritonclient.http.auth import BasicAuth
from tritonclient.utils import InferenceServerException

from conftest import CLIENT_MODULES, AnyClient
from server_process import ROOT, ServerProcess

CLIENT_TOKEN = "client-token-0123456789"
ADMIN_TOKEN = "admin-token-0123456789"
UNKNOWN_TOKEN = "unknown-token-0123456789"

UNAUTHENTICATED = {"http": "401", "grpc": "StatusCode.UNAUTHENTICATED"}
PERMISSION_DENIED = {"http": "403", "grpc": "StatusCode.PERMISSION_DENIED"}


class BearerAuth(InferenceServerClientPlugin):
    """Adds a token to every request."""

    def __init__(self, token):
        self._token = token

    def __call__(self, request):
        request.headers["authorization"] = f"Bearer {self._token}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server where a token for clients may not manage it, and anybody may ask for its health."""
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.write_text(
        f"anonymous health\n{CLIENT_TOKEN} inference,metadata\n{ADMIN_TOKEN} all\n"
    )
    flags = [
        "--model-control-mode=explicit",
        "--load-model=identity_rows",
        f"--auth-tokens-file={tokens}",
    ]
    with ServerProcess(ROOT / "test" / "models" / "clients", flags) as server:
        yield server


@pytest.fixture(params=CLIENT_MODULES)
def visitor(request, guarded):
    """Each of the four clients, as yet without a token."""
    client = AnyClient(request.param, guarded)
    yield client
    client.end()


def echoes(client):
    rows = np.arange(32, dtype=np.float32).reshape(2, 16)
    result = client.infer("identity_rows", [client.input("INPUT0", rows)])
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), rows)


def refused(client, statuses, call):
    with pytest.raises(InferenceServerException) as raised:
        call()
    assert raised.value.status() == statuses[client.kind.split(".")[0]]


def test_a_token_opens_what_it_grants(visitor):
    visitor.register_plugin(BearerAuth(CLIENT_TOKEN))
    assert visitor.get_server_metadata()["version"]
    echoes(visitor)


def test_a_token_opens_nothing_else(visitor):
    visitor.register_plugin(BearerAuth(CLIENT_TOKEN))
    refused(visitor, PERMISSION_DENIED, visitor.get_model_repository_index)
    refused(visitor, PERMISSION_DENIED, lambda: visitor.unload_model("identity_rows"))
    refused(visitor, PERMISSION_DENIED, visitor.get_log_settings)
    echoes(visitor)


def test_a_token_for_everything_manages_the_server(visitor):
    visitor.register_plugin(BearerAuth(ADMIN_TOKEN))
    assert visitor.get_model_repository_index()
    assert visitor.get_inference_statistics("identity_rows")
    echoes(visitor)


@pytest.mark.parametrize(
    "plugin",
    [None, BearerAuth(UNKNOWN_TOKEN), BasicAuth("client", CLIENT_TOKEN)],
    ids=["no plugin", "unknown token", "password"],
)
def test_nobody_else_gets_in(visitor, plugin):
    if plugin:
        visitor.register_plugin(plugin)
    refused(visitor, UNAUTHENTICATED, lambda: echoes(visitor))
    refused(visitor, UNAUTHENTICATED, visitor.get_server_metadata)


def test_the_health_is_open_to_all(visitor):
    assert visitor.is_server_live()


def test_a_client_that_lets_go_of_its_plugin_has_no_token(visitor):
    visitor.register_plugin(BearerAuth(CLIENT_TOKEN))
    echoes(visitor)
    visitor.unregister_plugin()
    refused(visitor, UNAUTHENTICATED, lambda: echoes(visitor))
    visitor.register_plugin(BearerAuth(CLIENT_TOKEN))
    echoes(visitor)


def test_a_stream_needs_a_token_too(guarded):
    client = AnyClient("grpc", guarded)
    try:
        assert isinstance(stream_answer(client), InferenceServerException)
        client.register_plugin(BearerAuth(CLIENT_TOKEN))
        assert stream_answer(client).as_numpy("OUTPUT0").shape == (1, 16)
    finally:
        client.end()


def stream_answer(client):
    """The result of one request in a stream of its own, or the error."""
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put(error or result))
    rows = np.zeros((1, 16), dtype=np.float32)
    try:
        # A stream that was refused already takes no request; the reason is in the queue.
        with contextlib.suppress(InferenceServerException):
            client.async_stream_infer("identity_rows", [client.input("INPUT0", rows)])
        return answers.get(timeout=30)
    finally:
        client.stop_stream()
