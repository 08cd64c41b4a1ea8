#pragma once

#include <cstdint>
#include <string>
#include <vector>

/** CPU time that each of these processes has used so far, in microseconds; 0 for one that ended. */
std::vector<uint64_t> cpuTimesUs(const std::vector<unsigned>& pids);
