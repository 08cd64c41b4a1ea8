"""Rewrites recorded cases of Python models for their JavaScript twins.

The recordings were made with models of the Python backend. Their twins under test/models do the same
and are configured the same, but for what the backend decides: its name, the platform that metadata
derives from it, and the default name of the model's file, which is left open because a JavaScript model
may have one of several. Exactly these are rewritten, in the expected answers and where a request
carries a configuration or uploads a model file; nothing else is touched.
"""

import base64
import re

from replay import unpack

SERVICE = "/inference.GRPCInferenceService/"

# JSON members, with the spacing and the escaping that the recordings have.
MEMBERS = [
    (b'"platform":"python"', b'"platform":"javascript"'),
    (b'"backend":"python"', b'"backend":"javascript"'),
    (b'"default_model_filename":"model.py"', b'"default_model_filename":""'),
    (rb"\"backend\": \"python\"", rb"\"backend\": \"javascript\""),
]
UPLOAD = re.compile(rb'"file:1/model\.py": "[^"]*"')


class JavascriptTwins:
    """`uploaded_model` is the source that stands for the one Python model the recordings upload."""

    def __init__(self, uploaded_model):
        content = base64.b64encode(uploaded_model)
        self._upload = b'"file:1/model.js": "' + content + b'"'
        self.rewritten = set()

    def adapt(self, case):
        """Returns the case as it would have been recorded with the twins."""
        rewrite = self._rewrite_grpc if case["proto"] == "grpc" else self._rewrite_http
        adapted = {key: rewrite(case, key, value) for key, value in case.items()}
        if adapted != case:
            self.rewritten.add(case["id"])
        return adapted

    def _rewrite_http(self, _case, key, value):
        if key not in ("request", "response"):
            return value
        raw = unpack(value)
        head, separator, body = raw.partition(b"\r\n\r\n")
        for python, javascript in MEMBERS:
            body = body.replace(python, javascript)
        body = UPLOAD.sub(lambda _: self._upload, body)
        if raw == head + separator + body:
            return value
        length = b"Content-Length: %d" % len(body)
        head = re.sub(rb"Content-Length: \d+", length, head, flags=re.IGNORECASE)
        return as_case_bytes(head + separator + body)

    def _rewrite_grpc(self, case, key, value):
        if key != "responses" or case["method"] not in GRPC_REWRITES:
            return value
        return [GRPC_REWRITES[case["method"]](answer) for answer in value]


def rewrite_metadata(answer):
    from tritonclient.grpc import service_pb2

    message = service_pb2.ModelMetadataResponse.FromString(unpack(answer))
    if message.platform != "python":
        return answer
    message.platform = "javascript"
    return as_case_bytes(message.SerializeToString())


def rewrite_config(answer):
    from tritonclient.grpc import service_pb2

    message = service_pb2.ModelConfigResponse.FromString(unpack(answer))
    if message.config.backend != "python":
        return answer
    message.config.backend = "javascript"
    message.config.default_model_filename = ""
    return as_case_bytes(message.SerializeToString())


GRPC_REWRITES = {
    SERVICE + "ModelMetadata": rewrite_metadata,
    SERVICE + "ModelConfig": rewrite_config,
}


def as_case_bytes(data):
    return {"b64": base64.b64encode(data).decode()}
