"""Adds up the responses of square_int32, one after the other."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            in_tensor = pb_utils.get_input_tensor_by_name(request, "IN")
            infer_request = pb_utils.InferenceRequest(
                model_name="square_int32", requested_output_names=["OUT"], inputs=[in_tensor]
            )
            total = np.zeros(1, np.int32)
            for infer_response in infer_request.exec(decoupled=True):
                if infer_response.has_error():
                    raise pb_utils.TritonModelException(infer_response.error().message())
                # The last response may have no tensors.
                if len(infer_response.output_tensors()) > 0:
                    out = pb_utils.get_output_tensor_by_name(infer_response, "OUT")
                    total += out.as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", total)]))
        return responses
