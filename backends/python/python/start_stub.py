"""Started by the server, once per model instance, with a socket as descriptor 3."""

import os
import sys

from nereid_stub.main import main

if __name__ == "__main__":
    # Last, so that a model's own modules come before these.
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder] + [folder]
    sys.argv[:] = [""]
    main()
