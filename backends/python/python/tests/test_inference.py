import asyncio
import threading

import numpy as np
import pytest
import triton_python_backend_utils as pb_utils


def request(model, value=1):
    return pb_utils.InferenceRequest(
        model_name=model,
        inputs=[pb_utils.Tensor("IN", np.array([value], np.int32))],
        requested_output_names=["OUT"],
    )


def value_of(tensor):
    return int(tensor.as_numpy()[0])


def double(asked):
    return {"OUT": np.array([2 * value_of(asked.inputs()[0])], np.int32)}


def count(asked):
    for index in range(value_of(asked.inputs()[0])):
        yield {"OUT": np.array([index], np.int32)}


@pytest.fixture(autouse=True)
def models(host):
    host.register_model("double", double)
    host.register_model("count", count)


def outputs(responses):
    return [[value_of(tensor) for tensor in response.output_tensors()] for response in responses]


def test_exec_waits_for_the_response():
    response = request("double", 21).exec()
    assert not response.has_error()
    assert value_of(pb_utils.get_output_tensor_by_name(response, "OUT")) == 42


def test_a_failure_of_the_other_model_is_an_error_in_its_response(host):
    assert "Model 'nobody' is not ready." in request("nobody").exec().error().message()

    def fail(_):
        raise ValueError("odd")

    host.register_model("fail", fail)
    assert request("fail").exec().error().message().endswith("odd")


def test_a_decoupled_model_needs_decoupled():
    message = request("count").exec().error().message()
    assert "Please use 'decoupled=True' argument to the 'exec' or 'async_exec' calls" in message


def test_a_decoupled_call_ends_with_a_response_without_tensors():
    iterator = request("count", 3).exec(decoupled=True)
    assert outputs(iterator) == [[0], [1], [2], []]
    with pytest.raises(StopIteration):
        next(iterator)


def test_a_response_that_is_known_to_be_the_last_is_the_last(host):
    def start(request, decoupled, deliver):
        deliver(pb_utils.InferenceResponse(), False)
        deliver(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.zeros(1, np.int32))]), True)

    host.start_inference = start
    assert outputs(request("any").exec(decoupled=True)) == [[], [0]]


def test_a_finished_iterator_starts_again():
    iterator = request("count", 2).exec(decoupled=True)
    assert outputs(iterator) == outputs(iterator) == [[0], [1], []]


def test_cancelling_an_iterator_stops_the_other_model(host):
    made = []

    def endless(_):
        while True:
            made.append(1)
            yield {"OUT": np.zeros(1, np.int32)}

    host.register_model("endless", endless)
    iterator = request("endless").exec(decoupled=True)
    assert next(iterator).output_tensors()
    iterator.cancel()
    list(iterator)
    at_end = len(made)
    iterator.cancel()
    assert len(made) == at_end


def test_async_calls_run_side_by_side(host):
    barrier = threading.Barrier(8, timeout=30)

    def together(asked):
        barrier.wait()
        return double(asked)

    host.register_model("together", together)

    async def run():
        calls = [request("together", index).async_exec() for index in range(8)]
        return await asyncio.gather(*calls)

    responses = asyncio.run(run())
    assert outputs(responses) == [[2 * index] for index in range(8)]


def test_an_async_decoupled_call_is_awaited_for_its_iterator():
    async def run():
        return outputs(await request("count", 1).async_exec(decoupled=True))

    assert asyncio.run(run()) == [[0], []]


def test_a_cancelled_task_cancels_its_call(host):
    started, seen = threading.Event(), []
    released = threading.Event()

    def slow(_):
        started.set()
        released.wait(30)
        return {"OUT": np.zeros(1, np.int32)}

    host.register_model("slow", slow)
    cancel = host.cancel_inference
    host.cancel_inference = lambda call: (seen.append(call), cancel(call))

    async def run():
        task = asyncio.ensure_future(request("slow").async_exec())
        await asyncio.get_running_loop().run_in_executor(None, started.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(run())
    released.set()
    assert len(seen) == 1


def test_async_exec_needs_an_event_loop():
    with pytest.raises(RuntimeError, match="no running event loop"):
        request("double").async_exec()


def test_calls_come_from_any_thread():
    found = []
    threads = [
        threading.Thread(target=lambda i=i: found.append((i, request("double", i).exec())))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted((i, outputs([r])[0][0]) for i, r in found) == [(i, 2 * i) for i in range(8)]


def test_calls_are_for_execute_only(host):
    host.in_execute = lambda: False
    for decoupled in (False, True):
        with pytest.raises(
            pb_utils.TritonModelException,
            match="^BLS is only supported during the 'execute' function.$",
        ):
            request("double").exec(decoupled)
