"""The model configuration that auto_complete_config adds to."""

import json
from typing import Any, Dict

__all__ = ["ModelConfig"]

_INPUT_PROPERTIES = ("name", "data_type", "dims", "optional")
_OUTPUT_PROPERTIES = ("name", "data_type", "dims")


class ModelConfig:
    """What the user wrote, and what the model adds. A contradiction raises ValueError."""

    def __init__(self, model_config: str) -> None:
        self._model_config: Dict[str, Any] = json.loads(model_config)

    def as_dict(self) -> Dict[str, Any]:
        """The configuration itself, not a copy."""
        return self._model_config

    def set_max_batch_size(self, max_batch_size: int) -> None:
        """Raises the limit; one below the user's own is a contradiction."""
        written = self._model_config.get("max_batch_size", 0)
        if written > max_batch_size:
            raise ValueError(
                f"configuration specified max_batch_size {written}, but in auto-complete-config "
                f"function for model '{self._name()}' specified max_batch_size {max_batch_size}"
            )
        self._model_config["max_batch_size"] = max_batch_size

    def set_dynamic_batching(self) -> None:
        for choice in ("sequence_batching", "ensemble_scheduling"):
            if choice in self._model_config:
                raise ValueError(
                    f"Configuration specified scheduling_choice as '{choice}', but "
                    f"auto-complete-config function for model '{self._name()}' tries to set "
                    "scheduling_choice as 'dynamic_batching'"
                )
        self._model_config.setdefault("dynamic_batching", {})

    def set_model_transaction_policy(self, transaction_policy_dict: Dict[str, Any]) -> None:
        """Takes ``{"decoupled": bool}``."""
        if any(key != "decoupled" for key in transaction_policy_dict):
            raise ValueError(
                "model transaction property in auto-complete-config function for model "
                f"'{self._name()}' contains property other than 'decoupled'."
            )
        policy = self._model_config.setdefault("model_transaction_policy", {})
        if "decoupled" not in transaction_policy_dict:
            return
        decoupled = transaction_policy_dict["decoupled"]
        if policy.get("decoupled", decoupled) != decoupled:
            raise ValueError(
                f"trying to change decoupled property in auto-complete-config for model "
                f"'{self._name()}', which is already set to '{policy['decoupled']}'."
            )
        policy["decoupled"] = decoupled

    def add_input(self, input: Dict[str, Any]) -> None:
        """Takes ``name``, ``data_type`` such as TYPE_FP32, ``dims`` and perhaps ``optional``."""
        self._add("input", input, _INPUT_PROPERTIES)

    def add_output(self, output: Dict[str, Any]) -> None:
        """Takes ``name``, ``data_type`` such as TYPE_FP32 and ``dims``."""
        self._add("output", output, _OUTPUT_PROPERTIES)

    def _add(self, kind: str, tensor: Dict[str, Any], properties: Any) -> None:
        self._check_properties(kind, tensor, properties)
        tensors = self._model_config.setdefault(kind, [])
        written = next((entry for entry in tensors if entry.get("name") == tensor["name"]), None)
        if written is None:
            tensors.append(tensor)
            return
        self._check_same(kind, written, tensor)
        written.update(tensor)

    def _check_properties(self, kind: str, tensor: Dict[str, Any], properties: Any) -> None:
        where = f"in auto-complete-config function for model '{self._name()}'"
        for key in tensor:
            if key not in properties:
                raise ValueError(
                    f"{kind} '{tensor.get('name', '')}' {where} contains property other than "
                    f"{_listing(properties)}."
                )
        if "name" not in tensor:
            raise ValueError(f"{kind} {where} is missing 'name' property.")
        for key in ("data_type", "dims"):
            if key not in tensor:
                raise ValueError(f"{kind} '{tensor['name']}' {where} is missing '{key}' property.")

    def _check_same(self, kind: str, written: Dict[str, Any], tensor: Dict[str, Any]) -> None:
        name, model = tensor["name"], self._name()
        data_type = written.get("data_type", "TYPE_INVALID")
        if data_type not in ("TYPE_INVALID", tensor["data_type"]):
            raise ValueError(
                f"unable to load model '{model}', configuration expects datatype {data_type} for "
                f"{kind} '{name}', model provides {tensor['data_type']}"
            )
        # Dims may be left open in the configuration; what is optional may be left out in both.
        compared = [("dims", written.get("dims")), ("optional", written.get("optional"))]
        for key, found in compared:
            if found in (None, []) or tensor.get(key, found) == found:
                continue
            raise ValueError(
                f"model '{model}', tensor '{name}': the model expects {key} {tensor[key]} but "
                f"the model configuration specifies {key} {found}"
            )

    def _name(self) -> str:
        return str(self._model_config.get("name", ""))


def _listing(names: Any) -> str:
    quoted = [f"'{name}'" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
