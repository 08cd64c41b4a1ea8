"""The quick start with the stock client instead of image-client: Pillow resizes, the answers must be the same."""

import numpy as np
import pytest
from PIL import Image

from conftest import CLIENT_MODULES, AnyClient
from server_process import ROOT, ServerProcess

MODEL = "efficientnet_lite0_onnx"
TOLERANCE = 0.05
EXPECTED = {
    "coffee.png": [(10.7685, 967, "espresso"), (7.3857, 968, "cup"), (6.5283, 504, "coffee mug")],
    "chelsea.png": [
        (10.5305, 285, "Egyptian cat"),
        (8.3269, 282, "tiger cat"),
        (8.1032, 281, "tabby, tabby cat"),
    ],
}


@pytest.fixture(scope="module")
def examples():
    flags = ["--model-control-mode=explicit", f"--load-model={MODEL}"]
    with ServerProcess(ROOT / "examples" / "model_repository", flags) as process:
        yield process


@pytest.mark.parametrize("photo", EXPECTED)
@pytest.mark.parametrize("kind", CLIENT_MODULES)
def test_classifies_a_photo(examples, kind, photo):
    image = Image.open(ROOT / "examples" / "images" / photo).convert("RGB")
    resized = image.resize((224, 224), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized, dtype=np.float32) / 127.5 - 1
    batch = np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])

    client = AnyClient(kind, examples)
    try:
        outputs = [client.InferRequestedOutput("logits", class_count=3)]
        result = client.infer(MODEL, [client.input("input", batch)], outputs=outputs)
        classes = [entry.decode().split(":") for entry in result.as_numpy("logits")[0]]
    finally:
        client.end()
    assert [(int(index), label) for _, index, label in classes] == [
        (index, label) for _, index, label in EXPECTED[photo]
    ]
    values = [float(value) for value, _, _ in classes]
    assert values == pytest.approx([value for value, _, _ in EXPECTED[photo]], abs=TOLERANCE)
