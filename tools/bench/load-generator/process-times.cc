#include "process-times.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace {

/** Fields between the name of the process and its time in user mode. */
constexpr int kFieldsBefore = 11;

uint64_t cpuTimeUs(unsigned pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // The name may have spaces and brackets of its own.
  const size_t nameEnd = text.rfind(')');
  if (nameEnd == std::string::npos) return 0;
  std::istringstream fields(text.substr(nameEnd + 1));
  std::string skipped;
  for (int index = 0; index < kFieldsBefore; ++index) fields >> skipped;
  uint64_t userTicks = 0;
  uint64_t systemTicks = 0;
  fields >> userTicks >> systemTicks;
  return (userTicks + systemTicks) * (1'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

std::vector<uint64_t> cpuTimesUs(const std::vector<unsigned>& pids) {
  std::vector<uint64_t> times;
  for (const unsigned pid : pids) times.push_back(cpuTimeUs(pid));
  return times;
}
