#pragma once

#include <cstdint>
#include <ctime>

/** Nanoseconds of a clock that only goes forward. */
inline uint64_t nowNs() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}
