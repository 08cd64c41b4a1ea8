"""Decodes images, and makes of each the normalized tensor that a vision model takes."""

import io
import json

import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class TritonPythonModel:
    def initialize(self, args):
        model_config = json.loads(args["model_config"])
        properties = pb_utils.get_output_config_by_name(model_config, "PIXELS")
        self.dtype = pb_utils.triton_string_to_numpy(properties["data_type"])
        self.size = tuple(properties["dims"][1:])

    def execute(self, requests):
        responses = []
        for request in requests:
            images = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
            try:
                pixels = np.stack([self.preprocess(image.tobytes()) for image in images])
            except Exception as error:
                responses.append(
                    pb_utils.InferenceResponse(
                        error=pb_utils.TritonError(str(error), pb_utils.TritonError.INVALID_ARG)
                    )
                )
                continue
            tensor = pb_utils.Tensor("PIXELS", pixels.astype(self.dtype))
            responses.append(pb_utils.InferenceResponse([tensor]))
        return responses

    def preprocess(self, encoded):
        image = Image.open(io.BytesIO(encoded)).convert("RGB").resize(self.size)
        pixels = np.asarray(image, dtype=np.float32) / 255
        return ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1)
