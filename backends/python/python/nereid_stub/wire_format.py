"""Numbers and layouts of the protocol; PROTOCOL.md describes it."""

from struct import Struct

#: size, kind, count, id, extra
FRAME = Struct("<IHHII")

# To the stub.
EXECUTE = 1
CANCEL = 2
CREDIT = 3
FREE = 4
ANSWER = 5
REPLY = 6
COMMAND = 7

# From the stub.
DONE = 1
RESPONSE = 2
ASK = 3
CALL = 4
LOG = 5
RESULT = 6
RELEASE = 7
CANCEL_ASK = 8

#: size, key, correlation id, timeout, length of what follows up to the texts, flags
REQUEST = Struct("<IIQQII")
REQUEST_CANCELLED = 4
#: What is alike for many requests: the lengths of id, correlation text, parameters and traceparent,
#: traced, reserved; then the signature
REQUEST_TEXTS = Struct("<HHIHHI")

#: size, key, status, error code, flags, reserved, signature, text, parameters
RESPONSE_HEAD = Struct("<IIBBBBIII")
#: size, key: what differs where responses are alike
RESPONSE_START = Struct("<II")
STATUS_NONE = 0
STATUS_RESPONSE = 1
STATUS_ERROR = 2
STATUS_RESCHEDULED = 3
FLAG_FINAL = 1
FLAGS_OFFSET = 10

#: start and end of an execution
DONE_HEAD = Struct("<QQ")
#: both the frame's head and that
DONE_FRAME = Struct("<IHHIIQQ")

#: batch, signature, timeout, correlation id, model version, model name, id, correlation text,
#: reserved, parameters, flags, reserved
ASK_HEAD = Struct("<IIQQqHHHHIIQ")
ASK_DECOUPLED = 4

#: Indexes of the words at the beginning of the shared memory.
STARTED_BATCH = 0
HEARTBEAT = 1
HEADER_BYTES = 4096
#: Positions from here on are in the arena, the memory that all stubs share with the server.
ARENA_BASE = 1 << 48

PADDING = tuple(b"\0" * (-length & 7) for length in range(8))


def aligned(length: int) -> int:
    return (length + 7) & -8
