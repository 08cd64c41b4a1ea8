"""Runs a model.py without a server, for its unit tests.

    with ModelRunner("models/add_sub/1/model.py", config={"max_batch_size": 8}) as model:
        outputs = model.infer({"INPUT0": a, "INPUT1": b})
        assert (outputs["OUTPUT0"] == a + b).all()
"""

import asyncio
import importlib.util
import inspect
import json
import os
import sys
from typing import Any, Callable, Dict, List, Optional, Sequence

from .detached_host import DetachedHost, SentResponses
from .errors import TritonModelException
from .execution_result import check_result
from .host import set_host
from .model_config import ModelConfig
from .request import RELEASE_RESCHEDULE, InferenceRequest
from .response import InferenceResponse
from .tensor import Tensor

__all__ = ["ModelRunner"]

_MODEL_CLASS = "TritonPythonModel"


class ModelRunner:
    """One instance of a model: the calls that a server makes, with numpy arrays.

    ``path`` is the model's file. ``config`` is its configuration as a dict, in the spelling of
    the server's ``/config`` endpoint; auto_complete_config is called with it, as in a server.
    ``parameters`` are those of the configuration, by name. ``timeout_s`` bounds the wait for a
    decoupled model.
    """

    def __init__(
        self,
        path: str,
        config: Optional[Dict[str, Any]] = None,
        parameters: Optional[Dict[str, str]] = None,
        timeout_s: float = 60,
    ) -> None:
        self._path = os.path.abspath(path)
        directory = os.path.dirname(self._path)
        self.host = DetachedHost(model_directory=directory)
        self.config = _complete(config or {}, parameters or {}, directory)
        self._timeout_s = timeout_s
        #: The TritonPythonModel, once the runner has started.
        self.model: Any = None

    def register_model(self, name: str, function: Callable[..., Any]) -> None:
        """Has ``function`` answer the model's own requests, see DetachedHost.register_model."""
        self.host.register_model(name, function)

    def start(self) -> "ModelRunner":
        """Imports the model, completes its configuration and initializes it."""
        set_host(self.host)
        sys.path.insert(0, self.host.model_directory)
        model_class = getattr(_import_model(self._path), _MODEL_CLASS)
        if hasattr(model_class, "auto_complete_config"):
            completed = model_class.auto_complete_config(ModelConfig(json.dumps(self.config)))
            if not isinstance(completed, ModelConfig):
                raise TritonModelException(
                    f"auto_complete_config function in model '{self._path}' must return a valid "
                    "pb.ModelConfig object."
                )
            self.config = completed.as_dict()
        self.model = model_class()
        if not hasattr(self.model, "execute"):
            raise TritonModelException(
                f"{_MODEL_CLASS} does not implement `execute` method."
            )
        if hasattr(self.model, "initialize"):
            self.model.initialize(self._arguments())
        return self

    def stop(self) -> None:
        """Finalizes the model."""
        model, self.model = self.model, None
        if model is not None and hasattr(model, "finalize"):
            model.finalize()
        if self.host.model_directory in sys.path:
            sys.path.remove(self.host.model_directory)
        set_host(None)

    def __enter__(self) -> "ModelRunner":
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def infer(self, inputs: Dict[str, Any], **properties: Any) -> Dict[str, Any]:
        """The outputs of one request, by name.

        ``properties`` are those of ``request``. Raises TritonModelException with the message of an
        error, and if there is not exactly one response.
        """
        responses = self.stream(inputs, **properties)
        if len(responses) != 1:
            raise TritonModelException(f"expected one response, got {len(responses)}")
        return outputs_of(responses[0])

    def stream(self, inputs: Dict[str, Any], **properties: Any) -> List[InferenceResponse]:
        """The responses to one request, of which a decoupled model may send any number."""
        return self.execute([self.request(inputs, **properties)])[0]

    def request(
        self,
        inputs: Dict[str, Any],
        requested_output_names: Optional[Sequence[str]] = None,
        request_id: str = "",
        correlation_id: Any = 0,
        flags: int = 0,
        timeout: int = 0,
        parameters: Optional[Dict[str, Any]] = None,
    ) -> InferenceRequest:
        """A request as the server would hand it over; arrays by name, or Tensors."""
        names = requested_output_names or [entry["name"] for entry in self.config["output"]]
        return InferenceRequest._from_server(
            key=SentResponses(),
            request_id=request_id,
            correlation_id=correlation_id,
            inputs=[_as_input(name, value) for name, value in inputs.items()],
            requested_output_names=names,
            model_name=self.config["name"],
            model_version=1,
            flags=flags,
            timeout=timeout,
            parameters=json.dumps(parameters or {}),
            decoupled=self._decoupled(),
        )

    def execute(self, requests: Sequence[InferenceRequest]) -> List[List[InferenceResponse]]:
        """Runs one batch and returns the responses of each request.

        Raises TritonModelException when the model breaks a rule of execute, and whatever execute
        raises. A request that the model reschedules has no responses.
        """
        result = self.model.execute(list(requests))
        if inspect.isawaitable(result):
            result = asyncio.run(_finish(result))
        check_result(requests, result, self._decoupled(), self.config["name"])
        for request, response in zip(requests, result or []):
            if response is not None:
                request._key.receive(response, True)
        return [self._responses(request) for request in requests]

    def cancel(self, request: InferenceRequest) -> None:
        """Has the request's is_cancelled answer true."""
        request._key.cancelled = True

    def _responses(self, request: InferenceRequest) -> List[InferenceResponse]:
        sent: SentResponses = request._key
        if request._release_flags == RELEASE_RESCHEDULE:
            return []
        if not sent.wait(self._timeout_s):
            raise TritonModelException(
                f"the model has not ended request '{request.request_id()}' in {self._timeout_s} s"
            )
        return sent.responses

    def _decoupled(self) -> bool:
        return bool(self.config.get("model_transaction_policy", {}).get("decoupled"))

    def _arguments(self) -> Dict[str, str]:
        return {
            "model_config": json.dumps(self.config),
            "model_instance_kind": "CPU",
            "model_instance_name": f"{self.config['name']}_0_0",
            "model_instance_device_id": "0",
            "model_repository": os.path.dirname(self.host.model_directory),
            "model_version": "1",
            "model_name": self.config["name"],
        }


def outputs_of(response: InferenceResponse) -> Dict[str, Any]:
    """A response's outputs by name. Raises TritonModelException with the message of an error."""
    error = response.error()
    if error is not None:
        raise TritonModelException(error.message())
    return {tensor.name(): tensor.as_numpy() for tensor in response.output_tensors()}


async def _finish(awaitable: Any) -> Any:
    """Awaits execute, and the tasks it has left behind to send responses later."""
    result = await awaitable
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.gather(*left)
    return result


def _as_input(name: str, value: Any) -> Tensor:
    """A tensor that has crossed the wire: text has become bytes, and nothing is shared."""
    tensor = value if isinstance(value, Tensor) else Tensor(name, value)
    data = memoryview(bytearray(tensor._buffer()))
    return Tensor._from_memory(name, tensor.triton_dtype(), tensor.shape(), data)


def _complete(
    config: Dict[str, Any], parameters: Dict[str, str], directory: str
) -> Dict[str, Any]:
    """The configuration with what the server's JSON always has."""
    given = {name: {"string_value": value} for name, value in parameters.items()}
    return {
        "name": os.path.basename(os.path.dirname(directory)) or "model",
        "backend": "python",
        "max_batch_size": 0,
        "input": [],
        "output": [],
        **config,
        "parameters": {**config.get("parameters", {}), **given},
    }


def _import_model(path: str) -> Any:
    # The file may be called anything, and two models may have the same name.
    spec = importlib.util.spec_from_file_location("model", path)
    if spec is None or spec.loader is None:
        raise TritonModelException(f"Python model file not found in '{path}'")
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    return module
