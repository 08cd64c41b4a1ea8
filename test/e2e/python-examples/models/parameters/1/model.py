"""Answers the parameters of the request as tensors, and their number as a parameter."""

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            parameters = json.loads(request.parameters())
            keys = sorted(parameters)
            values = [str(parameters[key]) for key in keys]
            key_output = pb_utils.Tensor("KEY", np.asarray(keys, dtype=object))
            value_output = pb_utils.Tensor("VALUE", np.asarray(values, dtype=object))
            responses.append(
                pb_utils.InferenceResponse(
                    [key_output, value_output],
                    parameters={"count": len(keys), "all": True, "first": keys[0], "half": 0.5},
                )
            )
        return responses
