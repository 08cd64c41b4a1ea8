"""The backend test cases of the PyPI package `onnx`, and what ONNX Runtime itself makes of them."""

import dataclasses
import os
import pathlib
import warnings

# Without this ONNX Runtime refuses operator sets that were unreleased when it was built, although it
# runs them. It is set before the import, and the server inherits it.
os.environ.setdefault("ALLOW_RELEASED_ONNX_OPSET_ONLY", "0")

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
from onnx.backend.test.loader import load_model_tests

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")

# What the server's ONNX Runtime binding can take and give, and the names in a model configuration; the
# rest cannot be sent to it at all.
CARRIED = {
    "tensor(bool)": "TYPE_BOOL",
    "tensor(double)": "TYPE_FP64",
    "tensor(float)": "TYPE_FP32",
    "tensor(float16)": "TYPE_FP16",
    "tensor(int16)": "TYPE_INT16",
    "tensor(int32)": "TYPE_INT32",
    "tensor(int64)": "TYPE_INT64",
    "tensor(int8)": "TYPE_INT8",
    "tensor(string)": "TYPE_STRING",
    "tensor(uint16)": "TYPE_UINT16",
    "tensor(uint32)": "TYPE_UINT32",
    "tensor(uint64)": "TYPE_UINT64",
    "tensor(uint8)": "TYPE_UINT8",
}


@dataclasses.dataclass(eq=False)
class DataSet:
    inputs: dict  # name -> array
    outputs: dict  # name -> expected array


@dataclasses.dataclass(eq=False)
class Case:
    name: str
    model: bytes
    data_sets: list  # of DataSet, filled by `check_reference`
    config: str  # the inputs and outputs as a model configuration, filled by `check_reference`
    rtol: float
    atol: float
    source: object


def load_cases():
    """All cases, by name; a name that two kinds share gets the kind in front."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # computing expected outputs divides by zero on purpose
        tests = [test for kind in KINDS for test in load_model_tests(kind=kind)]
    cases = {}
    for test in sorted(tests, key=lambda test: (test.kind, test.name)):
        model = test.model or onnx.load(pathlib.Path(test.model_dir) / "model.onnx")
        name = test.name if test.name not in cases else f"{test.kind}-{test.name}"
        cases[name] = Case(name, model.SerializeToString(), [], "", test.rtol, test.atol, test)
    return list(cases.values())


def check_reference(case):
    """Runs a case on ONNX Runtime itself.

    Returns "" when it passes, and else why the case says nothing about the server: a sentence that
    starts with "cannot be carried" or "ONNX Runtime".
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(case.model, options, providers=providers)
    except Exception as error:  # every refusal of the runtime has its own class
        return f"ONNX Runtime cannot load it: {first_line(error)}"
    values = [*session.get_inputs(), *session.get_outputs()]
    foreign = sorted({value.type for value in values} - CARRIED.keys())
    try:
        passes = run_reference(case, session)
    except Exception as error:
        return f"ONNX Runtime cannot run it: {first_line(error)}"
    if not passes:
        return "ONNX Runtime gives another result"
    if foreign:
        return f"cannot be carried: {', '.join(foreign)}"
    lists = ("input", session.get_inputs()), ("output", session.get_outputs())
    case.config = "".join(config_entry(kind, value) for kind, values in lists for value in values)
    return ""


def config_entry(kind, value):
    """One input or output in the text form of a model configuration.

    It has neither scalars nor dimensions of size 0, only ones of any size.
    """
    dims = [dim if isinstance(dim, int) and dim > 0 else -1 for dim in value.shape] or [1]
    return f'{kind} {{ name: "{value.name}" data_type: {CARRIED[value.type]} dims: {dims} }}\n'


def run_reference(case, session):
    names = [value.name for value in session.get_inputs()]
    output_names = [value.name for value in session.get_outputs()]
    for inputs, outputs in raw_data_sets(case.source):
        feed = dict(zip(names, map(plain_value, inputs)))
        expected = dict(zip(output_names, map(plain_value, outputs)))
        actual = dict(zip(output_names, session.run(None, feed)))
        if any(difference(case, expected[name], actual[name]) for name in expected):
            return False
        case.data_sets.append(DataSet(feed, expected))
    return bool(case.data_sets)


def raw_data_sets(test):
    """Pairs of input and expected values, computed by the package or read from its files."""
    if test.data_sets is not None:
        yield from test.data_sets
        return
    for folder in sorted(pathlib.Path(test.model_dir).glob("test_data_set_*")):
        yield tuple(read_tensors(folder, kind) for kind in ("input", "output"))


def read_tensors(folder, kind):
    count = len(list(folder.glob(f"{kind}_*.pb")))
    return [onnx.load_tensor(str(folder / f"{kind}_{index}.pb")) for index in range(count)]


def plain_value(value):
    """A tensor as an array, also where the package has it as a message or as a plain number."""
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return np.asarray(value) if np.isscalar(value) else value


def difference(case, expected, actual):
    """Says how an output differs from the expected one; "" when it does not, within the tolerances."""
    if isinstance(expected, list):
        if len(expected) != len(actual):
            return f"expected {len(expected)} elements, got {len(actual)}"
        return next(filter(None, (difference(case, *pair) for pair in zip(expected, actual))), "")
    if expected is None or actual is None:
        return "" if expected is actual else "one of them is absent"
    expected, actual = np.asarray(expected), np.asarray(actual)
    if expected.shape != actual.shape:
        return f"expected shape {expected.shape}, got {actual.shape}"
    if expected.dtype.kind in "OSU" or actual.dtype.kind in "OSU":
        same = np.array_equal(as_text(expected), as_text(actual))
        return "" if same else "the strings differ"
    if expected.dtype != actual.dtype:
        return f"expected {expected.dtype}, got {actual.dtype}"
    try:
        np.testing.assert_allclose(actual, expected, rtol=case.rtol, atol=case.atol)
    except AssertionError as error:
        return " ".join(str(error).split())
    return ""


def as_text(array):
    decode = lambda item: item.decode() if isinstance(item, bytes) else str(item)  # noqa: E731
    return np.array([decode(item) for item in array.reshape(-1)], dtype=object)


def first_line(error):
    return str(error).strip().splitlines()[0][:200]
