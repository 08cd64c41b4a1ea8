"""The rules for what execute returns, with the words of Triton for those that are broken."""

from typing import Any, Sequence

from .errors import TritonModelException
from .request import RELEASE_RESCHEDULE, InferenceRequest
from .response import InferenceResponse

__all__ = ["ExecutionRuleError", "check_result"]


class ExecutionRuleError(TritonModelException):
    """What execute returned is not what it has to be."""


def check_result(
    requests: Sequence[InferenceRequest], result: Any, decoupled: bool, model_name: str
) -> None:
    """Raises ExecutionRuleError unless ``result`` is None of a decoupled model, or a list of one
    InferenceResponse or None for each request."""
    if decoupled:
        if result is None:
            return
        raise ExecutionRuleError(
            f"Python model '{model_name}' is using the decoupled mode and the execute function "
            "must return None."
        )
    if not isinstance(result, list):
        raise ExecutionRuleError(
            f"Expected a list in the execute return, found type '{type(result)}'."
        )
    if len(result) != len(requests):
        raise ExecutionRuleError(
            "Number of InferenceResponse objects do not match the number of InferenceRequest "
            f"objects. InferenceRequest(s) size is:{len(requests)}, and InferenceResponse(s) "
            f"size is:{len(result)}\n"
        )
    for request, response in zip(requests, result):
        if response is not None:
            _check_response(request, response)


def _check_response(request: InferenceRequest, response: Any) -> None:
    if request._release_flags == RELEASE_RESCHEDULE:
        raise ExecutionRuleError(
            "Expected a None object in the execute function return list for reschduled request, "
            f"found type '{type(response)}'."
        )
    if not isinstance(response, InferenceResponse):
        raise ExecutionRuleError(
            "Expected an 'InferenceResponse' object in the execute function return list, found "
            f"type '{type(response)}'."
        )
