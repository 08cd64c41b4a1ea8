"""Answers each element of IN with a response of its own, from a thread, after its DELAY."""

import json
import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        model_config = json.loads(args["model_config"])
        if not pb_utils.using_decoupled_model_transaction_policy(model_config):
            raise pb_utils.TritonModelException(
                "the model `{}` can generate any number of responses per request, enable decoupled "
                "transaction policy in model configuration to serve this model".format(
                    args["model_name"]
                )
            )
        self.inflight_thread_count = 0
        self.inflight_thread_count_lck = threading.Lock()

    def execute(self, requests):
        for request in requests:
            self.process_request(request)
        return None

    def process_request(self, request):
        thread = threading.Thread(
            target=self.response_thread,
            args=(
                request.get_response_sender(),
                pb_utils.get_input_tensor_by_name(request, "IN").as_numpy().copy(),
                pb_utils.get_input_tensor_by_name(request, "DELAY").as_numpy().copy(),
            ),
        )
        thread.daemon = True
        with self.inflight_thread_count_lck:
            self.inflight_thread_count += 1
        thread.start()
        wait = pb_utils.get_input_tensor_by_name(request, "WAIT").as_numpy()
        time.sleep(wait[0] / 1000)

    def response_thread(self, response_sender, in_input, delay_input):
        for idx in range(in_input.size):
            in_value, delay_value = in_input[idx], delay_input[idx]
            time.sleep(delay_value / 1000)
            response = pb_utils.InferenceResponse(
                output_tensors=[
                    pb_utils.Tensor("OUT", np.array([in_value], np.int32)),
                    pb_utils.Tensor("IDX", np.array([idx], np.uint32)),
                ]
            )
            response_sender.send(response)
        response_sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        with self.inflight_thread_count_lck:
            self.inflight_thread_count -= 1

    def finalize(self):
        inflight_threads = True
        while inflight_threads:
            with self.inflight_thread_count_lck:
                inflight_threads = self.inflight_thread_count != 0
            if inflight_threads:
                time.sleep(0.1)
