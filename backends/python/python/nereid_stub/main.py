"""The life of the process: what the server asks for, one thing after the other."""

import faulthandler
import json
import os
import signal
import sys
import threading
from typing import Any, Dict, NoReturn

from nereid_pb_utils.host import set_host

from .connection import Connection, Frame
from .executor import Executor
from .failures import describe_exception
from .model_runner import ModelFault, ModelRunner
from .parent_watch import die_with_parent, start_heartbeat
from .server_host import ServerHost
from .shared_memory import SharedMemory
from .wire_format import EXECUTE, FRAME, RESULT

__all__ = ["main"]

_SOCKET = 3
_SHARED_FILE = 4
_ARENA = 5
_LOG_ERROR = 2


class Stub:
    def __init__(self) -> None:
        self._host = ServerHost()
        self._connection = Connection(_SOCKET, self._host.handle)
        self._host.connection = self._connection
        self._model = ModelRunner()
        self._commands = {
            "import": self._import,
            "complete": self._complete,
            "initialize": self._initialize,
            "finalize": self._finalize,
            "trim": self._trim,
        }
        set_host(self._host)

    def serve(self) -> NoReturn:
        next_frame = self._connection.next_frame
        while True:
            frame = next_frame()
            if frame[0] == EXECUTE:
                self._host.executor.run(frame)
            else:
                self._command(frame)
            # A frame's memory is not to be held while the next one is awaited.
            del frame

    def _command(self, frame: Frame) -> None:
        _, _, number, size, view, begin, _ = frame
        command = json.loads(bytes(view[begin : begin + size]))
        try:
            answer = {"value": self._commands[command["command"]](command["value"])}
        except ModelFault as fault:
            answer = {"error": {"code": "INTERNAL", "message": str(fault)}}
        except BaseException as error:
            answer = {"error": {"code": "INTERNAL", "message": describe_exception(error)}}
        text = json.dumps(answer).encode()
        text_size = len(text)
        text += b" " * (-text_size & 7)
        head = FRAME.pack(FRAME.size + len(text), RESULT, 1, number, text_size)
        self._connection.send([head, text])

    def _import(self, value: Dict[str, Any]) -> bool:
        shared = value["shared"]
        memory = SharedMemory(_SHARED_FILE, shared)
        os.close(_SHARED_FILE)
        has_arena = shared["arenaBytes"] > 0 and memory.map_arena(_ARENA, shared["arenaBytes"])
        die_with_parent(value["parentPid"])
        start_heartbeat(memory.words, value["heartbeatSeconds"])
        host = self._host
        host.memory = memory
        host.model_directory = value["model"]["versionDirectory"]
        host.executor = Executor(
            self._connection,
            memory,
            self._model,
            host.cancelled,
            lambda message: host.log(_LOG_ERROR, message, "", 0),
        )
        self._model.load(value["model"])
        return has_arena

    def _complete(self, value: Dict[str, Any]) -> Any:
        return self._model.complete(value["config"])

    def _initialize(self, value: Dict[str, Any]) -> None:
        args = value["args"]
        reader = self._host.executor.reader
        reader.model_name = args["model_name"]
        reader.model_version = int(args["model_version"])
        reader.decoupled = value["decoupled"]
        reader.all_outputs = tuple(value["outputs"])
        self._host.executor.batches_ahead = value["batchesAhead"]
        if value["cpuCores"] and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, value["cpuCores"])
        self._model.initialize(args)
        self._host.executing = True

    def _finalize(self, _value: Any) -> None:
        self._host.executing = False
        self._model.finalize()

    def _trim(self, _value: Any) -> None:
        self._host.memory.give_back()


def main() -> NoReturn:
    faulthandler.enable()
    # A group of its own gets no Ctrl-C; whoever sends one means the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    threading.current_thread().name = "nereid-model"
    Stub().serve()
