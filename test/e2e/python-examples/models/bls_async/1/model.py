"""Asks two models at the same time: the sum of one and the difference of the other."""

import asyncio

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    async def execute(self, requests):
        responses = []
        for request in requests:
            in_0 = pb_utils.get_input_tensor_by_name(request, "INPUT0")
            in_1 = pb_utils.get_input_tensor_by_name(request, "INPUT1")
            named = pb_utils.get_input_tensor_by_name(request, "MODEL_NAME").as_numpy()[0].decode()
            awaits = []
            for model_name in (named, "nobatch_auto_complete"):
                infer_request = pb_utils.InferenceRequest(
                    model_name=model_name,
                    requested_output_names=["OUTPUT0", "OUTPUT1"],
                    inputs=[in_0, in_1],
                )
                awaits.append(infer_request.async_exec())
            infer_responses = await asyncio.gather(*awaits)
            failed = [answer for answer in infer_responses if answer.has_error()]
            if failed:
                responses.append(pb_utils.InferenceResponse(error=failed[0].error()))
                continue
            output_0 = pb_utils.get_output_tensor_by_name(infer_responses[0], "OUTPUT0")
            output_1 = pb_utils.get_output_tensor_by_name(infer_responses[1], "OUTPUT1")
            responses.append(pb_utils.InferenceResponse([output_0, output_1]))
        return responses
