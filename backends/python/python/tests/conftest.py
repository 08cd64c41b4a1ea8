import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from nereid_pb_utils.detached_host import DetachedHost  # noqa: E402
from nereid_pb_utils.host import set_host  # noqa: E402


@pytest.fixture
def host():
    detached = DetachedHost()
    set_host(detached)
    yield detached
    set_host(None)


@pytest.fixture
def write_model(tmp_path):
    """Writes a model.py and returns its path."""

    def write(text, name="a_model"):
        folder = tmp_path / name / "1"
        folder.mkdir(parents=True)
        path = folder / "model.py"
        path.write_text(text)
        return str(path)

    return write
