import gc
import struct
import time

import numpy as np
import pytest
import triton_python_backend_utils as pb_utils

Family = pb_utils.MetricFamily


class TestMetrics:
    def test_a_counter_counts(self, host):
        metric = Family("requests", "Requests", Family.COUNTER).Metric(labels={"model": "m"})
        metric.increment(1)
        metric.increment(1.5)
        assert metric.value() == 2.5
        assert host.metrics.value("requests", {"model": "m"}) == 2.5

    def test_a_gauge_goes_up_and_down(self, host):
        metric = Family(name="depth", description="Depth", kind=Family.GAUGE).Metric()
        metric.set(-4)
        metric.increment(-1)
        assert metric.value() == -5

    def test_a_histogram_observes(self, host):
        metric = Family("size", "Sizes", Family.HISTOGRAM).Metric(buckets=[0.5, 1])
        metric.observe(0.7)
        assert host.metrics.observations("size") == [0.7]

    def test_one_name_and_one_set_of_labels_are_one_series(self, host):
        first = Family("n", "first", Family.COUNTER).Metric({"a": "b"})
        first.increment(3)
        assert Family("n", "second", Family.COUNTER).Metric({"a": "b"}).value() == 3

    def test_a_metric_is_removed_with_its_last_reference(self, host):
        first = Family("n", "d", Family.COUNTER).Metric()
        second = Family("n", "d", Family.COUNTER).Metric()
        del first
        second.increment(1)
        assert host.metrics.value("n") == 1
        del second
        gc.collect()
        deadline = time.monotonic() + 30
        while host.metrics._series and time.monotonic() < deadline:
            time.sleep(0.01)
        assert host.metrics._series == {}

    @pytest.mark.parametrize(
        "attempt, message",
        [
            (lambda: Family("a-b", "", Family.GAUGE), "creating MetricFamily: .*Invalid metric name"),
            (lambda: Family("n", "", Family.GAUGE).Metric(5), "Labels must be a dictionary.$"),
            (lambda: Family("n", "", Family.GAUGE).Metric({}, 5), "Buckets must be a list.$"),
            (lambda: Family("n", "", Family.GAUGE).Metric({}, [1]), "Unexpected buckets found.$"),
            (lambda: Family("n", "", Family.HISTOGRAM).Metric(), "Missing required buckets.$"),
            (
                lambda: Family("n", "", Family.HISTOGRAM).Metric(buckets=[2, 1]),
                "^Error when creating Metric: .*strictly sorted",
            ),
            (
                lambda: Family("n", "", Family.COUNTER).Metric().increment(-1),
                "^Failed to increment metric value: ",
            ),
            (
                lambda: Family("n", "", Family.COUNTER).Metric().set(1),
                "^Failed to set metric value: .*KIND_COUNTER does not support Set",
            ),
            (
                lambda: Family("n", "", Family.GAUGE).Metric().observe(1),
                "^Failed to observe metric value: .*KIND_GAUGE does not support Observe",
            ),
            (
                lambda: Family("n", "", Family.HISTOGRAM).Metric(buckets=[1]).value(),
                "^Failed to get metric value: .*KIND_HISTOGRAM does not support Value",
            ),
        ],
    )
    def test_says_why_it_refuses(self, host, attempt, message):
        with pytest.raises(pb_utils.TritonModelException, match=message):
            attempt()

    def test_refuses_one_name_of_two_kinds(self, host):
        kept = Family("n", "", Family.COUNTER)
        with pytest.raises(pb_utils.TritonModelException, match="already exists with different type"):
            Family("n", "", Family.GAUGE)
        assert kept


class TestLogger:
    def test_lines_carry_level_file_and_line(self, host):
        Logger = pb_utils.Logger
        Logger.log_info("a")
        Logger.log("b", Logger.WARNING)
        Logger.log(message="c", level=Logger.LogLevel.ERROR)
        Logger.log_warn("d"), Logger.log_error("e"), Logger.log_verbose("f"), Logger.log("g")
        assert [(line.level, line.message) for line in host.logs] == [
            ("INFO", "a"),
            ("WARNING", "b"),
            ("ERROR", "c"),
            ("WARNING", "d"),
            ("ERROR", "e"),
            ("VERBOSE", "f"),
            ("INFO", "g"),
        ]
        assert {line.filename for line in host.logs} == {__file__}
        assert host.logs[1].line == host.logs[0].line + 1

    def test_refuses_what_is_no_text(self, host):
        with pytest.raises(TypeError):
            pb_utils.Logger.log_info(5)
        with pytest.raises(ValueError):
            pb_utils.Logger.log("a", 9)


class TestModelControl:
    def test_models_are_loaded_and_unloaded(self, host):
        host.register_model("m", lambda request: None)
        assert pb_utils.is_model_ready("m")
        pb_utils.unload_model("m")
        assert not pb_utils.is_model_ready(model_name="m", model_version="1")
        pb_utils.load_model("m", config="{}", files={"file:1/model.py": b"x"})
        assert pb_utils.is_model_ready("m")
        assert host.loads == [("m", "{}", {"file:1/model.py": b"x"})]

    def test_says_why_a_load_fails(self, host):
        load = pb_utils.load_model
        with pytest.raises(pb_utils.TritonModelException, match="^Failed to load model: failed to load"):
            load("nobody")
        with pytest.raises(
            pb_utils.TritonModelException,
            match="^failed to load model 'm', files should be a dictionary of file paths and file",
        ):
            load("m", files=5)
        with pytest.raises(TypeError, match="must be bytes"):
            load("m", files={"file:a": "text"})

    def test_the_model_knows_its_folder(self, host):
        host.model_directory = "/models/m/1"
        assert pb_utils.get_model_dir() == "/models/m/1"


class TestConversions:
    def test_datatypes_are_named_by_code_type_and_text(self):
        assert [pb_utils.triton_to_numpy_type(code) for code in (1, 9, 11, 13)] == [
            np.bool_,
            np.int64,
            np.float32,
            np.object_,
        ]
        assert pb_utils.triton_to_numpy_type(0) is None
        assert pb_utils.triton_to_numpy_type(14) is None
        assert pb_utils.triton_to_numpy_type("FP32") is None
        names = [np.bool_, np.uint8, np.float64, np.object_, np.bytes_, np.dtype("float32")]
        assert [pb_utils.numpy_to_triton_type(name) for name in names] == [1, 2, 12, 13, 13, 11]
        assert pb_utils.numpy_to_triton_type(np.complex64) is None
        assert pb_utils.triton_string_to_numpy("TYPE_FP16") is np.float16
        assert pb_utils.triton_string_to_numpy("TYPE_BOOL") is bool
        assert pb_utils.TRITON_STRING_TO_NUMPY["TYPE_STRING"] is np.object_
        with pytest.raises(KeyError):
            pb_utils.triton_string_to_numpy("TYPE_BF16")

    def test_byte_tensors_are_serialized_and_read(self):
        data = pb_utils.serialize_byte_tensor(np.array([[b"a"], ["bb"], [5]], dtype=object))
        assert data == b"\x01\0\0\0a\x02\0\0\0bb\x01\0\0\x005"
        assert pb_utils.deserialize_bytes_tensor(data).tolist() == [b"a", b"bb", b"5"]
        assert pb_utils.serialize_byte_tensor(np.array([b"a", b"bcd"])) == (
            b"\x01\0\0\0a\x03\0\0\0bcd"
        )
        assert pb_utils.serialize_byte_tensor(np.zeros(2)) is None
        assert pb_utils.deserialize_bytes_tensor(b"").size == 0
        for broken in (b"\x05\0\0\0a", b"\x05\0"):
            with pytest.raises(struct.error):
                pb_utils.deserialize_bytes_tensor(broken)

    def test_a_configuration_is_searched_by_name(self):
        config = {"input": [{"name": "a"}], "model_transaction_policy": {"decoupled": True}}
        assert pb_utils.get_input_config_by_name(config, "a") == {"name": "a"}
        assert pb_utils.get_input_config_by_name(config, "b") is None
        assert pb_utils.get_output_config_by_name(config, "a") is None
        assert pb_utils.using_decoupled_model_transaction_policy(config) is True
        assert pb_utils.using_decoupled_model_transaction_policy({}) is False

    def test_memory_is_preferred_by_kind_and_device(self):
        preferred = pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_GPU, 1)
        assert (preferred.preferred_memory_type, preferred.preferred_device_id) == (0, 1)
        assert pb_utils.TRITONSERVER_MEMORY_CPU == 1
