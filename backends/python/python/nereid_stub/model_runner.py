"""The model: its module, its object, and what is asked of them outside the path of requests."""

import importlib
import importlib.util
import json
import os
import sys
from typing import Any, Dict, Optional

from nereid_pb_utils.model_config import ModelConfig

__all__ = ["ModelRunner"]


class ModelFault(Exception):
    """The model is not as it has to be. The text is for its author."""


class ModelRunner:
    def __init__(self) -> None:
        self._model: Dict[str, Any] = {}
        self._module: Any = None
        self.instance: Any = None
        self.name = ""

    def load(self, model: Dict[str, Any]) -> None:
        """Imports the module as ``<version>.model``, so that it may import its neighbours."""
        self._model = model
        self.name = model["name"]
        folder = os.path.dirname(model["file"])
        parents = [folder, os.path.dirname(folder)]
        if model["backendDirectory"]:
            parents += [model["versionDirectory"], model["directory"]]
        for path in parents:
            if path not in sys.path:
                sys.path.insert(len(sys.path) - 1, path)
        stem = os.path.basename(model["file"])[: -len(".py")]
        importlib.invalidate_caches()
        self._module = importlib.import_module(f"{os.path.basename(folder)}.{stem}")

    def complete(self, config: str) -> Optional[str]:
        """The configuration as the model's auto_complete_config leaves it; None without one."""
        complete = getattr(self._module.TritonPythonModel, "auto_complete_config", None)
        if complete is None:
            return None
        completed = complete(ModelConfig(config))
        if not isinstance(completed, ModelConfig):
            raise ModelFault(
                f"auto_complete_config function in model '{self.name}' must return a valid "
                "pb.ModelConfig object."
            )
        return json.dumps(completed.as_dict())

    def initialize(self, args: Dict[str, str]) -> None:
        self.name = args["model_instance_name"]
        self.instance = self._module.TritonPythonModel()
        if hasattr(self.instance, "initialize"):
            self.instance.initialize(args)

    def execute(self, requests: Any) -> Any:
        execute = getattr(self.instance, "execute", None)
        if execute is None:
            raise ModelFault(
                f"Python model {self._model['file']} does not implement `execute` method."
            )
        return execute(requests)

    def finalize(self) -> None:
        instance, self.instance = self.instance, None
        if hasattr(instance, "finalize"):
            instance.finalize()
