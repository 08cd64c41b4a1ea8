#include "load.h"

#include "clock.h"

uint64_t Load::started() {
  underWay += 1;
  return nowNs();
}

void Load::finished(uint64_t startedNs, const std::string& problem) {
  underWay -= 1;
  answers += 1;
  if (problem.empty()) {
    if (isMeasuring) latencies.add(nowNs() - startedNs);
    return;
  }
  errors += 1;
  if (firstError.empty()) firstError = problem;
}
