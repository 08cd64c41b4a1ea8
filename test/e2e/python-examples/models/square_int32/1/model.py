"""Answers IN = n with n responses of n each, from a thread."""

import threading

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            count = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()[0]
            sender = request.get_response_sender()
            threading.Thread(target=self.answer, args=(sender, count), daemon=True).start()
        return None

    def answer(self, response_sender, count):
        for _ in range(count):
            out_output = pb_utils.Tensor("OUT", np.array([count], np.int32))
            response_sender.send(pb_utils.InferenceResponse(output_tensors=[out_output]))
        response_sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
