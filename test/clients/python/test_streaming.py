"""Bidirectional gRPC streams, by the threaded and by the asyncio client."""

import asyncio
import queue

import numpy as np
import pytest
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as grpc_aio

TIMEOUT_SECONDS = 30


def fp32(number):
    tensor = grpcclient.InferInput("INPUT0", [1, 16], "FP32")
    tensor.set_data_from_numpy(np.full((1, 16), number, dtype=np.float32))
    return tensor


def count(number):
    tensor = grpcclient.InferInput("N", [1], "INT32")
    tensor.set_data_from_numpy(np.array([number], dtype=np.int32))
    return tensor


@pytest.fixture
def stream(grpc):
    """A started stream: `answers` receives pairs of result and error."""
    answers = queue.Queue()
    grpc.start_stream(lambda result, error: answers.put((result, error)))
    grpc.next_answer = lambda: answers.get(timeout=TIMEOUT_SECONDS)
    yield grpc
    grpc.stop_stream()
    assert answers.empty()


def is_final(result):
    return result.get_response().parameters["triton_final_response"].bool_param


def test_answers_each_request_of_a_stream(stream):
    for number in range(100):
        stream.async_stream_infer("identity_rows", [fp32(number)], request_id=str(number))
    seen = set()
    for _ in range(100):
        result, error = stream.next_answer()
        assert error is None
        number = int(result.get_response().id)
        assert result.as_numpy("OUTPUT0")[0, 0] == number
        assert is_final(result)
        seen.add(number)
    assert seen == set(range(100))


def test_receives_all_responses_of_a_decoupled_model_in_order(stream):
    stream.async_stream_infer("repeat", [count(5)], request_id="r")
    for number in range(5):
        result, error = stream.next_answer()
        assert error is None
        assert result.get_response().id == "r"
        assert result.as_numpy("OUT").tolist() == [number]


def test_marks_the_end_of_a_decoupled_answer_on_request(stream):
    stream.async_stream_infer("repeat", [count(2)], enable_empty_final_response=True)
    results = [stream.next_answer()[0] for _ in range(3)]
    assert [is_final(result) for result in results] == [False, False, True]
    assert len(results[2].get_response().outputs) == 0


def test_a_decoupled_model_may_answer_nothing(stream):
    stream.async_stream_infer("repeat", [count(0)], enable_empty_final_response=True)
    result, error = stream.next_answer()
    assert error is None
    assert is_final(result)


def test_a_failed_request_leaves_the_stream_open(stream):
    stream.async_stream_infer("nope", [fp32(1)])
    result, error = stream.next_answer()
    assert result is None
    assert "unknown model" in error.message()
    stream.async_stream_infer("identity_rows", [fp32(3)])
    result, error = stream.next_answer()
    assert error is None
    assert result.as_numpy("OUTPUT0")[0, 0] == 3


def test_streams_with_coroutines(server):
    async def requests():
        for number in range(20):
            yield {
                "model_name": "identity_rows",
                "inputs": [fp32(number)],
                "request_id": str(number),
            }

    async def talk():
        numbers = []
        async with grpc_aio.InferenceServerClient(server.grpc) as client:
            async for result, error in client.stream_infer(requests()):
                assert error is None
                numbers.append(int(result.as_numpy("OUTPUT0")[0, 0]))
        return numbers

    assert sorted(asyncio.run(asyncio.wait_for(talk(), TIMEOUT_SECONDS))) == list(range(20))


def test_many_streams_at_once(server):
    async def one(client, number):
        async def requests():
            yield {"model_name": "repeat", "inputs": [count(number)]}

        return [result async for result, _ in client.stream_infer(requests())]

    async def all_of_them():
        async with grpc_aio.InferenceServerClient(server.grpc) as client:
            return await asyncio.gather(*(one(client, number) for number in range(1, 31)))

    answers = asyncio.run(asyncio.wait_for(all_of_them(), TIMEOUT_SECONDS))
    assert [len(answer) for answer in answers] == list(range(1, 31))


def test_a_cancelled_request_ends_with_a_status(grpc):
    answers = queue.Queue()
    call = grpc.async_infer(
        "slow", [fp32(1)], lambda result, error: answers.put((result, error))
    )
    call.cancel()
    result, error = answers.get(timeout=TIMEOUT_SECONDS)
    assert result is None
    assert "CANCELLED" in str(error.status())


def test_a_deadline_ends_a_request(grpc):
    with pytest.raises(grpcclient.InferenceServerException) as raised:
        grpc.infer("slow", [fp32(1)], client_timeout=0.1)
    assert "DEADLINE_EXCEEDED" in str(raised.value.status())
    # The server is free for the next request all the same.
    assert grpc.infer("slow", [fp32(4)]).as_numpy("OUTPUT0")[0, 0] == 4
