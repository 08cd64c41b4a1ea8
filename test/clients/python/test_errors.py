"""What clients see of a request that cannot be served: status and message."""

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

NOT_FOUND = {"http": "404", "grpc": "StatusCode.NOT_FOUND"}
INVALID = {"http": "400", "grpc": "StatusCode.INVALID_ARGUMENT"}
INTERNAL = {"http": "500", "grpc": "StatusCode.INTERNAL"}
UNAVAILABLE = {"http": "503", "grpc": "StatusCode.UNAVAILABLE"}


def refused(client, statuses, match, infer):
    """Calls `infer`, which must fail with the protocol's status and a message that contains `match`."""
    with pytest.raises(InferenceServerException) as raised:
        infer()
    assert raised.value.status() == statuses[client.kind.split(".")[0]]
    assert match in raised.value.message()


def ramps(client, shape=(1, 16), dtype=np.int32, names=("INPUT0", "INPUT1")):
    return [client.input(name, np.zeros(shape, dtype=dtype)) for name in names]


def test_names_an_unknown_model(client):
    message = "Request for unknown model: 'nope' is not found"
    refused(client, NOT_FOUND, message, lambda: client.infer("nope", ramps(client)))


def test_names_an_unknown_version(client):
    message = "Request for unknown model: 'add_sub' version 7 is not found"
    refused(
        client,
        NOT_FOUND,
        message,
        lambda: client.infer("add_sub", ramps(client), model_version="7"),
    )


def test_names_the_wrong_datatype(client):
    inputs = ramps(client, dtype=np.float32)
    message = "data-type is 'FP32', but model 'add_sub' expects 'INT32'"
    refused(client, INVALID, message, lambda: client.infer("add_sub", inputs))


def test_names_the_wrong_shape(client):
    inputs = ramps(client, shape=(1, 8))
    message = "Expected [-1,16], got [1,8]"
    refused(client, INVALID, message, lambda: client.infer("add_sub", inputs))


def test_names_a_batch_that_is_too_large(client):
    inputs = ramps(client, shape=(9, 16))
    message = "inference request batch-size must be <= 8 for 'add_sub'"
    refused(client, INVALID, message, lambda: client.infer("add_sub", inputs))


def test_names_a_missing_input(client):
    inputs = ramps(client, names=("INPUT0",))
    message = "expected 2 inputs but got 1 inputs for model 'add_sub'"
    refused(client, INVALID, message, lambda: client.infer("add_sub", inputs))


def test_names_an_unknown_output(client):
    outputs = [client.InferRequestedOutput("OUTPUT9")]
    message = "unexpected inference output 'OUTPUT9' for model 'add_sub'"
    refused(
        client,
        INVALID,
        message,
        lambda: client.infer("add_sub", ramps(client), outputs=outputs),
    )


def test_passes_a_models_error_on_and_serves_the_next_request(client):
    bad = client.input("INPUT0", np.array([[-1]], dtype=np.float32))
    good = client.input("INPUT0", np.array([[2]], dtype=np.float32))
    refused(client, UNAVAILABLE, "model says no", lambda: client.infer("moody", [bad]))
    assert client.infer("moody", [good]).as_numpy("OUTPUT0").tolist() == [[2]]


def test_a_model_that_throws_fails_the_request_only(client):
    bad = client.input("INPUT0", np.array([[-2]], dtype=np.float32))
    good = client.input("INPUT0", np.array([[2]], dtype=np.float32))
    refused(client, INTERNAL, "boom", lambda: client.infer("moody", [bad]))
    assert client.infer("moody", [good]).as_numpy("OUTPUT0").tolist() == [[2]]


def test_refuses_one_answer_of_a_decoupled_model(client):
    tensor = client.input("N", np.array([2], dtype=np.int32))
    statuses = {"http": "501", "grpc": "StatusCode.UNIMPLEMENTED"}
    message = "doesn't support models with decoupled transaction policy"
    refused(client, statuses, message, lambda: client.infer("repeat", [tensor]))
