"""Everything but inference: health, metadata, configuration, repository, statistics, log settings."""

import time

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException


def test_reports_server_and_model_health(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("add_sub")
    assert client.is_model_ready("add_sub", "1")


def test_an_unknown_model_or_version_is_not_ready(client):
    assert not client.is_model_ready("nope")
    assert not client.is_model_ready("add_sub", "7")


def test_describes_the_server(client):
    metadata = client.get_server_metadata()
    assert metadata["name"]
    assert metadata["version"]
    assert {"classification", "binary_tensor_data", "model_repository"} <= set(metadata["extensions"])


def test_describes_a_model(client):
    metadata = client.get_model_metadata("add_sub", "1")
    assert metadata["name"] == "add_sub"
    assert metadata["versions"] == ["1"]
    shapes = {tensor["name"]: tensor for tensor in metadata["inputs"]}
    assert shapes["INPUT0"]["datatype"] == "INT32"
    assert [int(dim) for dim in shapes["INPUT0"]["shape"]] == [-1, 16]
    assert {tensor["name"] for tensor in metadata["outputs"]} == {"OUTPUT0", "OUTPUT1"}


def test_gives_the_configuration_of_a_model(client):
    answer = client.get_model_config("add_sub")
    config = answer.get("config", answer)
    assert config["name"] == "add_sub"
    assert config["max_batch_size"] == 8
    assert config["input"][0]["data_type"] == "TYPE_INT32"
    assert [int(dim) for dim in config["input"][0]["dims"]] == [16]


def index_of(client):
    answer = client.get_model_repository_index()
    models = answer if isinstance(answer, list) else answer["models"]
    return {model["name"]: model for model in models}


def test_lists_the_repository(client):
    index = index_of(client)
    assert index["add_sub"]["state"] == "READY"
    assert index["add_sub"]["version"] == "1"


def await_unloaded(client, name):
    """Unloading is done in the background, after the answer."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if index_of(client)[name].get("state") == "UNAVAILABLE":
            return
        time.sleep(0.05)
    pytest.fail(f"{name} is still loaded")


def test_unloads_and_loads_a_model(client, ramp):
    inputs = [client.input(name, ramp) for name in ("INPUT0", "INPUT1")]
    client.unload_model("add_sub")
    await_unloaded(client, "add_sub")
    assert not client.is_model_ready("add_sub")
    with pytest.raises(InferenceServerException, match="has no available versions"):
        client.infer("add_sub", inputs)
    client.load_model("add_sub")
    assert client.is_model_ready("add_sub")
    assert client.infer("add_sub", inputs).as_numpy("OUTPUT1").sum() == 0


def test_loads_a_model_with_another_configuration(client):
    answer = client.get_model_config("classify")
    backend = answer.get("config", answer)["backend"]
    config = (
        '{"backend": "%s", "max_batch_size": 3,'
        ' "input": [{"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [4]}],'
        ' "output": [{"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [4]}]}' % backend
    )
    try:
        client.load_model("classify", config=config)
        answer = client.get_model_config("classify")
        assert answer.get("config", answer)["max_batch_size"] == 3
    finally:
        client.unload_model("classify")
        await_unloaded(client, "classify")
        client.load_model("classify")
    answer = client.get_model_config("classify")
    assert answer.get("config", answer)["max_batch_size"] == 4


def test_refuses_to_load_an_unknown_model(client):
    with pytest.raises(InferenceServerException, match="failed to load 'nope'"):
        client.load_model("nope")


def test_refuses_a_configuration_that_is_not_valid(client):
    with pytest.raises(InferenceServerException):
        client.load_model("add_sub", config='{"max_batch_size": "many"}')
    assert client.is_model_ready("add_sub")


def success_count(client):
    [model] = client.get_inference_statistics("identity_rows")["model_stats"]
    success = model.get("inference_stats", {}).get("success", {})
    return int(success.get("count", 0)), int(model.get("inference_count", 0))


def test_counts_requests_and_inferences(client):
    requests, inferences = success_count(client)
    batch = client.input("INPUT0", np.zeros((3, 16), dtype=np.float32))
    client.infer("identity_rows", [batch])
    # Counting may lag behind the answer.
    deadline = time.monotonic() + 5
    while success_count(client)[0] == requests and time.monotonic() < deadline:
        time.sleep(0.02)
    assert success_count(client) == (requests + 1, inferences + 3)


def test_reads_and_changes_log_settings(client):
    before = verbose_level(client.get_log_settings())
    try:
        changed = client.update_log_settings({"log_verbose_level": 2})
        assert verbose_level(changed) == 2
        assert verbose_level(client.get_log_settings()) == 2
    finally:
        client.update_log_settings({"log_verbose_level": before})
    assert verbose_level(client.get_log_settings()) == before


def verbose_level(answer):
    settings = answer.get("settings", answer)
    level = settings.get("log_verbose_level", 0)
    return level.get("uint32_param", 0) if isinstance(level, dict) else level


def test_refuses_a_log_setting_of_the_wrong_type(http):
    with pytest.raises(InferenceServerException):
        http.update_log_settings({"log_info": "perhaps"})
