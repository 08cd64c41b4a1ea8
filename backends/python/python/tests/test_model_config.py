import json

import pytest
import triton_python_backend_utils as pb_utils

FP32 = {"name": "a", "data_type": "TYPE_FP32", "dims": [1]}


def config(**written):
    return pb_utils.ModelConfig(
        json.dumps({"name": "m", "max_batch_size": 0, "input": [], "output": [], **written})
    )


def test_adds_what_the_user_left_out():
    made = config()
    made.add_input({**FP32, "optional": True})
    made.add_output(FP32)
    made.set_max_batch_size(4)
    made.set_dynamic_batching()
    made.set_model_transaction_policy({"decoupled": True})
    assert made.as_dict() == {
        "name": "m",
        "max_batch_size": 4,
        "input": [{**FP32, "optional": True}],
        "output": [FP32],
        "dynamic_batching": {},
        "model_transaction_policy": {"decoupled": True},
    }


def test_what_agrees_is_no_contradiction():
    written = {"input": [{**FP32, "optional": False}], "output": [{**FP32, "dims": []}]}
    made = config(**written, max_batch_size=2, dynamic_batching={"x": 1})
    made.add_input(FP32)
    made.add_output(FP32)
    made.set_max_batch_size(8)
    made.set_dynamic_batching()
    assert made.as_dict()["output"] == [FP32]
    assert made.as_dict()["max_batch_size"] == 8
    assert made.as_dict()["dynamic_batching"] == {"x": 1}


CALL = "in auto-complete-config function for model 'm'"
CONTRADICTIONS = [
    (
        {"max_batch_size": 8},
        lambda made: made.set_max_batch_size(4),
        f"configuration specified max_batch_size 8, but {CALL} specified max_batch_size 4",
    ),
    (
        {"sequence_batching": {}},
        lambda made: made.set_dynamic_batching(),
        "Configuration specified scheduling_choice as 'sequence_batching', but auto-complete-config "
        "function for model 'm' tries to set scheduling_choice as 'dynamic_batching'",
    ),
    (
        {"model_transaction_policy": {"decoupled": True}},
        lambda made: made.set_model_transaction_policy({"decoupled": False}),
        "trying to change decoupled property in auto-complete-config for model 'm', which is "
        "already set to 'True'.",
    ),
    (
        {},
        lambda made: made.set_model_transaction_policy({"other": 1}),
        "model transaction property in auto-complete-config function for model 'm' contains "
        "property other than 'decoupled'.",
    ),
    (
        {},
        lambda made: made.add_input({**FP32, "reshape": {}}),
        f"input 'a' {CALL} contains property other than 'name', 'data_type', 'dims' and 'optional'.",
    ),
    (
        {},
        lambda made: made.add_output({**FP32, "optional": True}),
        f"output 'a' {CALL} contains property other than 'name', 'data_type' and 'dims'.",
    ),
    ({}, lambda made: made.add_input({}), f"input {CALL} is missing 'name' property."),
    (
        {},
        lambda made: made.add_output({"name": "a", "dims": [1]}),
        f"output 'a' {CALL} is missing 'data_type' property.",
    ),
    (
        {},
        lambda made: made.add_output({"name": "a", "data_type": "TYPE_FP32"}),
        f"output 'a' {CALL} is missing 'dims' property.",
    ),
    (
        {"input": [FP32]},
        lambda made: made.add_input({**FP32, "data_type": "TYPE_INT32"}),
        "unable to load model 'm', configuration expects datatype TYPE_FP32 for input 'a', model "
        "provides TYPE_INT32",
    ),
    (
        {"output": [FP32]},
        lambda made: made.add_output({**FP32, "dims": [-1]}),
        "model 'm', tensor 'a': the model expects dims [-1] but the model configuration specifies "
        "dims [1]",
    ),
    (
        {"input": [{**FP32, "optional": False}]},
        lambda made: made.add_input({**FP32, "optional": True}),
        "model 'm', tensor 'a': the model expects optional True but the model configuration "
        "specifies optional False",
    ),
]


@pytest.mark.parametrize("written, change, message", CONTRADICTIONS)
def test_names_a_contradiction(written, change, message):
    made = config(**written)
    before = json.dumps(made.as_dict())
    with pytest.raises(ValueError) as raised:
        change(made)
    assert str(raised.value) == message
    assert json.dumps(made.as_dict()) == before
