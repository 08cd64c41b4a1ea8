"""What the model-facing API needs from whatever runs the model.

A server's child process sets its own host before it imports a model. Without one, as in a unit
test, the first use makes a DetachedHost.
"""

import threading
from typing import Any, Callable, Dict, Optional

__all__ = ["Deliver", "Host", "current_host", "set_host"]

#: ``deliver(response, final)``, see Host.start_inference.
Deliver = Callable[[Any, bool], None]


class Host:
    """The operations behind nereid_pb_utils. Every method may be called from any thread.

    A method that fails raises TritonModelException with the text meant for the model's author.
    """

    #: The folder of the model's version, where model.py is.
    model_directory: str = ""

    def wait(self, done: Any) -> None:
        """Acquires the lock ``done``, which a delivery releases.

        A host without threads takes its answers in here.
        """
        done.acquire()

    def send(self, key: Any, response: Any, flags: int) -> None:
        """Sends one response of the request ``key``.

        ``response`` is an InferenceResponse, or None when ``flags`` has the FINAL bit. The caller
        never sends anything after FINAL.
        """
        raise NotImplementedError

    def is_cancelled(self, key: Any) -> bool:
        """Whether nobody waits for the request ``key`` any more."""
        raise NotImplementedError

    def start_inference(self, request: Any, decoupled: bool, deliver: Deliver) -> Any:
        """Starts an inference of another model and returns at once.

        ``deliver(response, final)`` is called on a thread of the host, once per response;
        ``final`` is true exactly once, in the last call, whose response may be None. A call that
        fails delivers a response with an error. ``deliver`` neither blocks nor raises.

        Returns a call id for cancel_inference. Raises TritonModelException only if the call could
        not be started, and then never calls ``deliver``.
        """
        raise NotImplementedError

    def cancel_inference(self, call: Any) -> None:
        """Asks to cancel a call; its final delivery still comes. No effect on a finished one."""
        raise NotImplementedError

    def log(self, level: int, message: str, filename: str, line: int) -> None:
        """Writes a line to the server's log.

        ``level`` is the value of a LogLevel: 0 info, 1 warning, 2 error, 3 verbose.
        """
        raise NotImplementedError

    def load_model(self, name: str, config: str, files: Dict[str, bytes]) -> None:
        """Loads a model and waits for it. ``config`` is JSON, or empty to use the model's own."""
        raise NotImplementedError

    def unload_model(self, name: str, unload_dependents: bool) -> None:
        """Asks the server to unload a model."""
        raise NotImplementedError

    def is_model_ready(self, name: str, version: str) -> bool:
        """Whether a version of a model can serve; any version when ``version`` is empty."""
        raise NotImplementedError

    def metric(self, operation: str, arguments: Dict[str, Any]) -> Any:
        """Does one operation on a custom metric and returns its result, a JSON value.

        ============== ================================================== ==================
        operation      arguments                                          result
        ============== ================================================== ==================
        family         name, description, kind (COUNTER|GAUGE|HISTOGRAM)  id of the family
        metric         family, labels (str to str), buckets (list|None)   id of the metric
        increment      metric, value                                      None
        set            metric, value                                      None
        observe        metric, value                                      None
        value          metric                                             float
        delete         metric                                             None
        delete_family  family                                             None
        ============== ================================================== ==================

        A second family of one name and kind is the same family, as is a second metric of one
        family and one set of labels; each id is deleted on its own.
        """
        raise NotImplementedError

    def in_execute(self) -> bool:
        """Whether the model is past initialize and before finalize, where BLS is supported."""
        raise NotImplementedError


_host: Optional[Host] = None
_lock = threading.Lock()


def current_host() -> Host:
    """The host that was set, or a DetachedHost made at the first use without one."""
    global _host
    if _host is None:
        with _lock:
            if _host is None:
                from .detached_host import DetachedHost

                _host = DetachedHost()
    return _host


def set_host(host: Optional[Host]) -> None:
    """Makes ``host`` the one that everything uses from now on; None forgets the current one."""
    global _host
    _host = host
