"""Loads and unloads models of the server, and says what is ready."""

from typing import Any, Dict, Optional

from .errors import TritonModelException
from .host import current_host

__all__ = ["get_model_dir", "is_model_ready", "load_model", "unload_model"]


def load_model(model_name: str, config: str = "", files: Optional[Dict[str, bytes]] = None) -> None:
    """Loads a model, or loads it again, and waits until it serves.

    ``config`` is JSON in place of the model's own configuration; ``files`` holds the model itself,
    by names such as ``file:1/model.onnx``. Needs ``--model-control-mode=explicit``.
    """
    contents = _checked_files(model_name, files)
    _ask("Failed to load model: ", lambda host: host.load_model(model_name, config, contents))


def unload_model(model_name: str, unload_dependents: bool = False) -> None:
    """Unloads a model, and with ``unload_dependents`` the models that are part of it."""
    _ask("Failed to unload model: ", lambda host: host.unload_model(model_name, unload_dependents))


def is_model_ready(model_name: str, model_version: str = "") -> bool:
    """Whether a model serves; any version of it when ``model_version`` is empty."""
    version = str(model_version)
    return bool(
        _ask(
            "Failed to check model readiness: ",
            lambda host: host.is_model_ready(model_name, version),
        )
    )


def get_model_dir() -> str:
    """The folder of this model's version, where model.py is."""
    return current_host().model_directory


def _ask(prefix: str, question: Any) -> Any:
    try:
        return question(current_host())
    except TritonModelException as error:
        raise TritonModelException(f"{prefix}{error}") from None


def _checked_files(model_name: str, files: Any) -> Dict[str, bytes]:
    if files is None:
        return {}
    if not isinstance(files, dict):
        raise TritonModelException(
            f"failed to load model '{model_name}', files should be a dictionary of file paths and "
            "file contents"
        )
    for path, content in files.items():
        if not isinstance(path, str):
            raise TypeError(f"the path of a file must be a str, found {type(path)}")
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise TypeError(f"the content of file '{path}' must be bytes, found {type(content)}")
    return {path: bytes(content) for path, content in files.items()}
