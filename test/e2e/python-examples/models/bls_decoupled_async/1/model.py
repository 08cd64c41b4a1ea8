"""Adds up the responses of two requests to square_int32 that run at the same time."""

import asyncio

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    async def execute(self, requests):
        responses = []
        for request in requests:
            in_tensor = pb_utils.get_input_tensor_by_name(request, "IN")
            awaits = [
                pb_utils.InferenceRequest(
                    model_name="square_int32", requested_output_names=["OUT"], inputs=[in_tensor]
                ).async_exec(decoupled=True)
                for _ in range(2)
            ]
            total = np.zeros(1, np.int32)
            for infer_responses in await asyncio.gather(*awaits):
                for infer_response in infer_responses:
                    if infer_response.has_error():
                        raise pb_utils.TritonModelException(infer_response.error().message())
                    if infer_response.output_tensors():
                        out = pb_utils.get_output_tensor_by_name(infer_response, "OUT")
                        total += out.as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", total)]))
        return responses
