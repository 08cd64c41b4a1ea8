"""TLS by all four stock clients: who trusts whom, and what happens to everybody else."""

import contextlib
import ssl

import gevent.ssl
import numpy as np
import pytest
import tritonclient.http as httpclient

from certificates import Authority
from conftest import CLIENT_MODULES, AnyClient
from server_process import ROOT, ServerProcess

MODELS = ROOT / "test" / "models" / "clients"
LOADED = "successfully loaded 'identity_rows'"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("trusted"), "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that neither side knows."""
    return Authority(tmp_path_factory.mktemp("unknown"), "stranger")


@pytest.fixture(scope="module")
def visitor(authority):
    """What a client shows to a server that asks for a certificate."""
    return authority.identity("visitor")


@pytest.fixture(scope="module")
def encrypted(authority):
    with serve(authority) as server:
        yield server


@pytest.fixture(scope="module")
def mutual(authority):
    flags = [
        f"--{protocol}-{flag}"
        for protocol in ("http", "grpc")
        for flag in ("use-ssl-mutual=true", f"root-cert={authority.certificate}")
    ]
    with serve(authority, flags) as server:
        yield server


@contextlib.contextmanager
def serve(authority, flags=()):
    """A server that encrypts both protocols, once it has loaded its model."""
    own = authority.identity("server")
    tls = [
        f"--{protocol}-{flag}"
        for protocol in ("http", "grpc")
        for flag in ("use-ssl=true", f"server-cert={own.certificate}", f"server-key={own.key}")
    ]
    control = ["--model-control-mode=explicit", "--load-model=identity_rows"]
    with ServerProcess(MODELS, [*control, *tls, *flags], wait_ready=False) as server:
        server.wait_until(lambda: LOADED in server.log(), "it does not load the model")
        yield server


def tls_options(kind, root, identity=None):
    """What makes a client trust `root`, and show `identity` when it is asked."""
    if kind.startswith("grpc"):
        shown = {}
        if identity:
            shown = {"private_key": identity.key, "certificate_chain": identity.certificate}
        return {"ssl": True, "root_certificates": root, **shown}
    context_of = ssl if kind == "http.aio" else gevent.ssl

    def make_context():
        context = context_of.create_default_context(cafile=root)
        if identity:
            context.load_cert_chain(identity.certificate, identity.key)
        return context

    if kind == "http.aio":
        return {"ssl": True, "ssl_context": make_context()}
    return {"ssl": True, "ssl_context_factory": make_context}


@pytest.fixture(params=CLIENT_MODULES)
def connect(request):
    """Makes one of the four clients, with the options of TLS."""
    opened = []

    def open_client(server, root, identity=None):
        options = tls_options(request.param, root, identity)
        opened.append(AnyClient(request.param, server, options))
        return opened[-1]

    yield open_client
    for client in opened:
        client.end()


def echoes(client):
    rows = np.arange(8000, dtype=np.float32).reshape(2, 4000)
    result = client.infer("identity_rows", [client.input("INPUT0", rows)])
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), rows)


def test_infers_over_an_encrypted_connection(connect, encrypted, authority):
    client = connect(encrypted, authority.certificate)
    assert client.is_server_ready()
    echoes(client)


def test_a_client_refuses_a_server_of_another_authority(connect, encrypted, stranger):
    client = connect(encrypted, stranger.certificate)
    with pytest.raises(Exception, match="(?i)certificate|connect|unavailable"):
        client.is_server_live()


def test_a_client_without_tls_is_not_served(encrypted):
    with httpclient.InferenceServerClient(encrypted.http) as plain_client:
        with pytest.raises(Exception):
            plain_client.get_server_metadata()


def test_both_sides_show_certificates(connect, mutual, authority, visitor):
    client = connect(mutual, authority.certificate, visitor)
    assert client.is_server_ready()
    echoes(client)


def test_a_server_refuses_a_client_without_a_certificate(connect, mutual, authority):
    client = connect(mutual, authority.certificate)
    with pytest.raises(Exception):
        client.get_server_metadata()


def test_a_server_refuses_a_client_of_another_authority(connect, mutual, authority, stranger):
    client = connect(mutual, authority.certificate, stranger.identity("intruder"))
    with pytest.raises(Exception):
        client.get_server_metadata()


def test_takes_the_ssl_options_of_the_http_client(mutual, authority, visitor):
    options = {
        "ca_certs": authority.certificate,
        "certfile": visitor.certificate,
        "keyfile": visitor.key,
    }
    with httpclient.InferenceServerClient(mutual.http, ssl=True, ssl_options=options) as client:
        assert client.is_server_ready()
        assert "identity_rows" in {
            model["name"] for model in client.get_model_repository_index()
        }
