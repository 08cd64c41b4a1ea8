import json

import numpy as np
import pytest
import triton_python_backend_utils as pb_utils
from nereid_pb_utils.host import current_host
from nereid_pb_utils.testing import ModelRunner

ADD = """
import json
import triton_python_backend_utils as pb_utils
import factor

class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        for name in ("A", "B"):
            config.add_input({"name": name, "data_type": "TYPE_FP32", "dims": [4]})
        config.add_output({"name": "SUM", "data_type": "TYPE_FP32", "dims": [4]})
        config.set_max_batch_size(0)
        return config

    def initialize(self, args):
        self.args = args
        config = json.loads(args["model_config"])
        properties = pb_utils.get_output_config_by_name(config, "SUM")
        self.dtype = pb_utils.triton_string_to_numpy(properties["data_type"])
        self.scale = float(config["parameters"]["scale"]["string_value"])

    def execute(self, requests):
        responses = []
        for request in requests:
            a, b = (pb_utils.get_input_tensor_by_name(request, n).as_numpy() for n in "AB")
            total = ((a + b) * self.scale * factor.FACTOR).astype(self.dtype)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", total)]))
        return responses

    def finalize(self):
        pb_utils.Logger.log_info("finalized")
"""

REPEAT = """
import asyncio
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    async def execute(self, requests):
        for request in requests:
            asyncio.ensure_future(self.answer(request))

    async def answer(self, request):
        sender = request.get_response_sender()
        asked = pb_utils.InferenceRequest(
            model_name="count", inputs=request.inputs(), requested_output_names=["N"])
        count = int((await asked.async_exec()).output_tensors()[0].as_numpy()[0])
        for index in range(count):
            await asyncio.sleep(0)
            sender.send(pb_utils.InferenceResponse(
                [pb_utils.Tensor("OUT", np.array([index], np.int32))]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""

DECOUPLED = {"model_transaction_policy": {"decoupled": True}}

#: Runs what the parameter `code` says, as the body of execute.
SCRIPTED = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        scope = {"pb_utils": pb_utils, "requests": requests}
        exec(requests[0].inputs()[0].as_numpy()[0].decode(), scope)
        return scope.get("answer")
"""


def scripted(code):
    return {"CODE": np.array([code], dtype=object)}


@pytest.fixture
def add(write_model, tmp_path):
    path = write_model(ADD, "add")
    (tmp_path / "add" / "1" / "factor.py").write_text("FACTOR = 10")
    return path


def test_a_model_is_completed_initialized_and_asked(add):
    with ModelRunner(add, parameters={"scale": "2"}) as model:
        outputs = model.infer({"A": np.ones(4, np.float32), "B": np.full(4, 2, np.float32)})
        assert outputs["SUM"].tolist() == [60.0] * 4
        assert outputs["SUM"].dtype == np.float32
        assert model.model.args["model_name"] == "add"
        assert all(isinstance(value, str) for value in model.model.args.values())
        assert json.loads(model.model.args["model_config"])["output"][0]["name"] == "SUM"
        host = model.host
        assert current_host() is host
    assert [line.message for line in host.logs] == ["finalized"]
    assert current_host() is not host


def test_a_contradiction_with_the_configuration_is_raised(add):
    config = {"input": [{"name": "A", "data_type": "TYPE_INT32", "dims": [4]}]}
    with pytest.raises(ValueError, match="configuration expects datatype TYPE_INT32 for input 'A'"):
        ModelRunner(add, config, parameters={"scale": "1"}).start()


def test_batches_are_answered_in_order(add):
    with ModelRunner(add, parameters={"scale": "1"}) as model:
        batch = [
            model.request({"A": np.full(4, i, np.float32), "B": np.zeros(4, np.float32)})
            for i in range(3)
        ]
        responses = model.execute(batch)
    assert [r[0].output_tensors()[0].as_numpy()[0] for r in responses] == [0, 10, 20]


def test_a_decoupled_model_asks_a_registered_one(write_model):
    with ModelRunner(write_model(REPEAT), DECOUPLED) as model:
        model.register_model("count", lambda request: {"N": request.inputs()[0].as_numpy()})
        responses = model.stream({"N": np.array([3], np.int32)})
    assert [r.output_tensors()[0].as_numpy()[0] for r in responses] == [0, 1, 2]


@pytest.mark.parametrize(
    "code, message",
    [
        ("answer = None", "^Expected a list in the execute return, found type"),
        ("answer = []", r"InferenceRequest\(s\) size is:1, and InferenceResponse\(s\) size is:0$"),
        ("answer = [5]", "^Expected an 'InferenceResponse' object in the execute function return"),
        (
            "requests[0].set_release_flags(2); answer = [5]",
            "^Expected a None object in the execute function return list for reschduled request",
        ),
        (
            "answer = [pb_utils.InferenceResponse(error=pb_utils.TritonError('no luck'))]",
            "^no luck$",
        ),
        ("answer = [None]", "the model has not ended request"),
    ],
)
def test_broken_rules_are_named_as_by_a_server(write_model, code, message):
    with ModelRunner(write_model(SCRIPTED), timeout_s=0.05) as model:
        with pytest.raises(pb_utils.TritonModelException, match=message):
            model.infer(scripted(code))


def test_a_decoupled_model_returns_nothing(write_model):
    with ModelRunner(write_model(SCRIPTED), DECOUPLED) as model:
        with pytest.raises(pb_utils.TritonModelException, match="execute function must return None"):
            model.infer(scripted("answer = []"))


def test_a_request_carries_what_the_client_sent(write_model):
    code = (
        "r = requests[0]; pb_utils.Logger.log_info("
        "f'{r.request_id()} {r.correlation_id()} {r.flags()} {r.timeout()} {r.parameters()} "
        "{r.is_cancelled()}'); answer = [pb_utils.InferenceResponse()]"
    )
    with ModelRunner(write_model(SCRIPTED)) as model:
        request = model.request(
            scripted(code), request_id="x", correlation_id=5, flags=1, timeout=9, parameters={"p": 1}
        )
        model.cancel(request)
        model.execute([request])
        assert [line.message for line in model.host.logs] == ['x 5 1 9 {"p": 1} True']


def test_a_rescheduled_request_has_no_response(write_model):
    with ModelRunner(write_model(SCRIPTED)) as model:
        code = "requests[0].set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)"
        assert model.stream(scripted(f"{code}; answer = [None]")) == []


def test_a_model_without_execute_is_refused(write_model):
    with pytest.raises(pb_utils.TritonModelException, match="does not implement `execute` method"):
        ModelRunner(write_model("class TritonPythonModel: pass")).start()
