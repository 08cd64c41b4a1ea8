import json

import numpy as np
import pytest
import triton_python_backend_utils as pb_utils
from nereid_pb_utils.detached_host import SentResponses

TENSOR = pb_utils.Tensor("t", np.zeros(1, np.float32))


def request(**properties):
    given = {"inputs": [TENSOR], "requested_output_names": ["o"], "model_name": "m", **properties}
    return pb_utils.InferenceRequest(**given)


def from_server(decoupled):
    return pb_utils.InferenceRequest._from_server(
        SentResponses(), "id", 3, [TENSOR], ["o"], "m", 2, 1, 7, '{"a":1}', decoupled
    )


def test_a_request_of_the_model_has_defaults():
    made = request()
    assert (made.request_id(), made.correlation_id(), made.flags(), made.timeout()) == ("", 0, 0, 0)
    assert made.parameters() == "{}"
    assert made.requested_output_names() == {"o"}
    assert made.inputs() == [TENSOR]
    assert made.model_version() == -1
    assert made.trace().get_context() is None
    assert made.is_cancelled() is False


def test_properties_are_taken_by_position_as_by_name():
    made = pb_utils.InferenceRequest("id", "seq", [TENSOR], ["o", "o"], "m", 4, 1, 1000)
    assert (made.request_id(), made.correlation_id(), made.model_version()) == ("id", "seq", 4)
    assert (made.flags(), made.timeout()) == (1, 1000)
    made.set_flags(3)
    assert made.flags() == 3


def test_parameters_are_json():
    made = request(parameters={"a": 1, "b": "x", "c": True, "d": 0.5})
    assert json.loads(made.parameters()) == {"a": 1, "b": "x", "c": True, "d": 0.5}
    response = pb_utils.InferenceResponse([], parameters={"k": "v"})
    assert response.parameters() == '{"k": "v"}'
    assert pb_utils.InferenceResponse().parameters() == "{}"


@pytest.mark.parametrize(
    "properties, message",
    [
        ({"parameters": {"a": [1]}}, "parameters values to have type .* found type <class 'list'>"),
        ({"parameters": {5: 1}}, "parameters keys to have type str, found type <class 'int'>"),
        ({"parameters": "a"}, "got <class 'str'>"),
        ({"correlation_id": 1.5}, "^Correlation ID must be integer or string$"),
        ({"correlation_id": -1}, "unsigned integer"),
        (
            {"inputs": [None]},
            "^Input tensor for request with id '' and model name 'm' should not be empty.$",
        ),
        (
            {"requested_output_names": [""]},
            "^Requested output name for request with id '' and model name 'm' should not be empty.$",
        ),
    ],
)
def test_refuses_a_request_that_cannot_travel(properties, message):
    with pytest.raises(pb_utils.TritonModelException, match=message):
        request(**properties)


def test_names_what_a_request_misses():
    with pytest.raises(TypeError, match="misses requested_output_names"):
        pb_utils.InferenceRequest(model_name="m", inputs=[TENSOR])
    with pytest.raises(TypeError, match="timeout"):
        request(timeout=-1)


def test_a_response_has_tensors_or_an_error():
    plain = pb_utils.InferenceResponse([TENSOR])
    assert (plain.has_error(), plain.error()) == (False, None)
    assert plain.output_tensors() == [TENSOR]
    failed = pb_utils.InferenceResponse(
        error=pb_utils.TritonError("no", pb_utils.TritonError.NOT_FOUND)
    )
    assert failed.has_error()
    assert failed.error().message() == "no"
    assert failed.error().code() == pb_utils.TritonError.NOT_FOUND == 2
    assert pb_utils.TritonError("m").code() == pb_utils.TritonError.INTERNAL


def test_refuses_a_response_of_something_else():
    with pytest.raises(pb_utils.TritonModelException, match="^Output tensor for inference response"):
        pb_utils.InferenceResponse([None])
    with pytest.raises(TypeError):
        pb_utils.InferenceResponse([np.zeros(1)])
    with pytest.raises(TypeError):
        pb_utils.InferenceResponse([], "boom")


def test_tensors_are_found_by_name():
    assert pb_utils.get_input_tensor_by_name(request(), "t") is TENSOR
    assert pb_utils.get_input_tensor_by_name(request(), "u") is None
    assert pb_utils.get_output_tensor_by_name(pb_utils.InferenceResponse([TENSOR]), "t") is TENSOR
    assert pb_utils.get_output_tensor_by_name(pb_utils.InferenceResponse(), "t") is None


class TestSender:
    def test_a_decoupled_model_sends_any_number_then_the_end(self, host):
        made = from_server(decoupled=True)
        sender = made.get_response_sender()
        assert made.get_response_sender() is sender
        responses = [pb_utils.InferenceResponse([TENSOR]) for _ in range(3)]
        for response in responses:
            sender.send(response)
        assert not made._key.final
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        assert made._key.responses == responses
        assert made._key.final
        with pytest.raises(pb_utils.TritonModelException, match="Response sender has been closed.$"):
            sender.send(pb_utils.InferenceResponse())

    def test_refuses_what_cannot_be_sent(self, host):
        sender = from_server(decoupled=True).get_response_sender()
        with pytest.raises(pb_utils.TritonModelException, match="must be provided when the response"):
            sender.send()
        with pytest.raises(pb_utils.TritonModelException, match="Unsupported flag provided.$"):
            sender.send(pb_utils.InferenceResponse(), 2)
        with pytest.raises(TypeError):
            sender.send(5)

    def test_a_model_that_is_not_decoupled_sends_once(self, host):
        sender = from_server(decoupled=False).get_response_sender()
        with pytest.raises(pb_utils.TritonModelException, match="complete final before sending"):
            sender.send(flags=1)
        sender.send(pb_utils.InferenceResponse())
        with pytest.raises(pb_utils.TritonModelException, match="cannot send more than one response"):
            sender.send(pb_utils.InferenceResponse())
        sender.send(flags=1)
        with pytest.raises(pb_utils.TritonModelException, match="has been closed"):
            sender.send(flags=1)

    def test_a_request_of_the_model_has_nobody_to_answer(self, host):
        with pytest.raises(pb_utils.TritonModelException, match="has no reference to the decoupled"):
            request().get_response_sender().send(pb_utils.InferenceResponse())

    def test_cancellation_is_seen_by_request_and_sender(self, host):
        made = from_server(decoupled=True)
        sender = made.get_response_sender()
        assert (made.is_cancelled(), sender.is_cancelled()) == (False, False)
        made._key.cancelled = True
        assert (made.is_cancelled(), sender.is_cancelled()) == (True, True)
