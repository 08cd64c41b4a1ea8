"""Sequences, their controls and states, by all stock clients and over streams."""

import itertools
import queue

import numpy as np
import pytest
import tritonclient.grpc as grpcclient
from tritonclient.utils import InferenceServerException

TIMEOUT_SECONDS = 30
new_id = itertools.count(1000).__next__


def whole(number):
    return np.array([[number]], dtype=np.int32)


def send(client, model, tensor, **sequence):
    return client.infer(model, [client.input("INPUT", tensor)], **sequence)


def add(client, number, sequence_id, **flags):
    result = send(client, "sequence_sum", whole(number), sequence_id=sequence_id, **flags)
    return result.as_numpy("OUTPUT")[0, 0]


def refusal(call):
    with pytest.raises(InferenceServerException) as failure:
        call()
    return failure.value.message()


def test_keeps_interleaved_sequences_apart(client):
    """As many as there are slots: one more would wait, and its caller with it."""
    ids = [new_id() for _ in range(8)]
    for number in ids:
        assert add(client, number, number, sequence_start=True) == number
    for number in ids:
        assert add(client, 1, number) == number + 1
    for number in reversed(ids):
        assert add(client, 1, number, sequence_end=True) == number + 2


def test_starts_and_ends_a_sequence_with_one_request(client):
    number = new_id()
    for _ in range(3):
        assert add(client, 5, number, sequence_start=True, sequence_end=True) == 5


def test_a_start_begins_a_sequence_anew(client):
    number = new_id()
    assert add(client, 1, number, sequence_start=True) == 1
    assert add(client, 2, number, sequence_start=True) == 2
    assert add(client, 2, number, sequence_end=True) == 4


def test_accepts_the_largest_correlation_id(client):
    number = 2**63 - 1
    assert add(client, 1, number, sequence_start=True) == 1
    assert add(client, 1, number, sequence_end=True) == 2


def test_hands_a_correlation_id_that_is_a_string_to_the_model(client):
    text = np.array([["text"]], dtype=np.object_)
    name = f"sequence {new_id()}"
    for flags in ({"sequence_start": True}, {}, {"sequence_end": True}):
        result = send(client, "sequence_label", text, sequence_id=name, **flags)
        assert result.as_numpy("OUTPUT")[0, 0] == f"{name}:text".encode()


def test_keeps_implicit_states(client):
    one, two = new_id(), f"state {new_id()}"
    for count, flags in enumerate(({"sequence_start": True}, {}, {"sequence_end": True}), 1):
        for sequence_id, step in ((one, 1), (two, 10)):
            tensor = np.array([[step]], dtype=np.float32)
            result = send(client, "sequence_state", tensor, sequence_id=sequence_id, **flags)
            assert result.as_numpy("OUTPUT")[0, 0] == 100 + count * step
            assert result.as_numpy("SHOWN_STATE")[0, 0] == count
            assert result.as_numpy("NEW_STATE") is None


def test_keeps_implicit_states_that_nobody_asks_for(client):
    number = new_id()
    tensor = np.array([[1]], dtype=np.float32)
    outputs = [client.InferRequestedOutput("OUTPUT")]
    for count, flags in enumerate(({"sequence_start": True}, {"sequence_end": True}), 1):
        sent = {"sequence_id": number, "outputs": outputs, **flags}
        result = send(client, "sequence_state", tensor, **sent)
        assert result.as_numpy("OUTPUT")[0, 0] == 100 + count
        assert result.as_numpy("SHOWN_STATE") is None


def test_refuses_a_request_without_a_correlation_id(client):
    message = refusal(lambda: send(client, "sequence_sum", whole(1)))
    expected = "inference request to model 'sequence_sum' must specify a non-zero or non-empty"
    assert message.startswith(expected)


def test_refuses_a_sequence_that_did_not_start(client):
    number = new_id()
    expected = (
        f"inference request for sequence {number} to model 'sequence_sum' must specify the START "
        "flag on the first request of the sequence"
    )
    assert refusal(lambda: add(client, 1, number)) == expected
    add(client, 1, number, sequence_start=True, sequence_end=True)
    assert refusal(lambda: add(client, 1, number)) == expected


def test_refuses_a_batch(client):
    tensor = np.zeros((2, 1), dtype=np.int32)
    sequence = {"sequence_id": new_id(), "sequence_start": True}
    message = refusal(lambda: send(client, "sequence_sum", tensor, **sequence))
    assert message == (
        "inference request to model 'sequence_sum' must specify batch-size 1 due to requirements "
        "of sequence batcher"
    )


def test_refuses_a_number_where_the_model_wants_a_string(client):
    text = np.array([["text"]], dtype=np.object_)
    sequence = {"sequence_id": new_id(), "sequence_start": True}
    message = refusal(lambda: send(client, "sequence_label", text, **sequence))
    assert message.endswith(
        "sequence batching control 'CORRID' data-type is 'UINT64', but model 'sequence_label' "
        "expects 'BYTES'"
    )


@pytest.fixture
def stream(grpc):
    answers = queue.Queue()
    grpc.start_stream(lambda result, error: answers.put((result, error)))
    grpc.next_answer = lambda: answers.get(timeout=TIMEOUT_SECONDS)
    yield grpc
    grpc.stop_stream()
    assert answers.empty()


def stream_add(stream, number, sequence_id, **flags):
    tensor = grpcclient.InferInput("INPUT", [1, 1], "INT32")
    tensor.set_data_from_numpy(whole(number))
    name = str(sequence_id)
    sequence = {"sequence_id": sequence_id, **flags}
    stream.async_stream_infer("sequence_sum", [tensor], request_id=name, **sequence)


def test_interleaves_sequences_on_a_stream(stream):
    """More of them than there are slots, all of them in flight together."""
    ids = [new_id() for _ in range(40)]
    steps = 5
    for step in range(steps):
        for number in ids:
            flags = {"sequence_start": step == 0, "sequence_end": step == steps - 1}
            stream_add(stream, number, number, **flags)
    sums = {number: [] for number in ids}
    for _ in range(len(ids) * steps):
        result, error = stream.next_answer()
        assert error is None
        sums[int(result.get_response().id)].append(int(result.as_numpy("OUTPUT")[0, 0]))
    expected = {number: [number * count for count in range(1, steps + 1)] for number in ids}
    assert sums == expected


def test_a_sequence_may_move_between_connections_and_protocols(server, client, stream):
    number = new_id()
    stream_add(stream, 1, number, sequence_start=True)
    result, error = stream.next_answer()
    assert error is None
    assert add(client, 10, number) == 11
    with grpcclient.InferenceServerClient(server.grpc) as other:
        tensor = grpcclient.InferInput("INPUT", [1, 1], "INT32")
        tensor.set_data_from_numpy(whole(100))
        result = other.infer("sequence_sum", [tensor], sequence_id=number)
        assert result.as_numpy("OUTPUT")[0, 0] == 111
    stream_add(stream, 1000, number, sequence_end=True)
    result, error = stream.next_answer()
    assert error is None
    assert result.as_numpy("OUTPUT")[0, 0] == 1111


def test_announces_sequences(client):
    assert "sequence" in client.get_server_metadata()["extensions"]
