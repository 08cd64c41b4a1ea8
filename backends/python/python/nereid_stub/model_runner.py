"""The model: its module, its object, and what is asked of them outside the path of requests."""

import importlib
import importlib.util
import json
import os
import sys
from typing import Any, Dict, Optional

from nereid_pb_utils.model_config import ModelConfig

__all__ = ["ModelFault", "ModelRunner"]


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
        file = model["file"]
        folder = os.path.dirname(file)
        stem = os.path.basename(file)[: -len(".py")]
        if model["backendDirectory"]:
            _add_to_path(folder)
            self._module = _load_file(stem, file)
            return
        _add_to_path(folder)
        _add_to_path(os.path.dirname(folder))
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

    def no_execute(self) -> ModelFault:
        """What to raise when the model has no method to execute."""
        return ModelFault(
            f"Python model {self._model['file']} does not implement `execute` method."
        )

    def finalize(self) -> None:
        instance, self.instance = self.instance, None
        if hasattr(instance, "finalize"):
            instance.finalize()


def _add_to_path(folder: str) -> None:
    """Behind what is installed, and before the folder of this package."""
    if folder not in sys.path:
        sys.path.insert(len(sys.path) - 1, folder)


def _load_file(name: str, file: str) -> Any:
    """The module of a backend, whose folder may be called like an installed package."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelFault(f"{file} cannot be imported as a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
