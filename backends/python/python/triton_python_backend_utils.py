"""The name by which models import nereid_pb_utils: ``triton_python_backend_utils as pb_utils``."""

from nereid_pb_utils import *  # noqa: F401,F403
from nereid_pb_utils import __all__, __getattr__  # noqa: F401
