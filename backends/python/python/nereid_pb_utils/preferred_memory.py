"""Where a model would like the outputs of a call to another model."""

from enum import IntEnum

__all__ = ["MemoryType", "PreferredMemory"]


class MemoryType(IntEnum):
    TRITONSERVER_MEMORY_GPU = 0
    TRITONSERVER_MEMORY_CPU = 1


class PreferredMemory:
    """A wish, not a promise: outputs are in CPU memory, which is_cpu of the tensor says."""

    __slots__ = ("preferred_memory_type", "preferred_device_id")

    def __init__(self, preferred_memory_type: MemoryType, preferred_device_id: int = 0) -> None:
        self.preferred_memory_type = MemoryType(preferred_memory_type)
        self.preferred_device_id = preferred_device_id
