#pragma once

#include <cstdint>
#include <string>

#include "answer-check.h"
#include "histogram.h"
#include "request-source.h"

/** What all connections share: where requests come from, and what becomes of their answers. */
class Load {
 public:
  explicit Load(const Options& options) : requests(options), check(options) {}

  RequestSource requests;
  AnswerCheck check;
  Histogram latencies;
  uint64_t answers = 0;
  uint64_t errors = 0;
  std::string firstError;
  bool isMeasuring = false;
  unsigned underWay = 0;

  /** A request was sent now; returns the time, for `finished`. */
  uint64_t started();
  /** It was answered now; `problem` says what is wrong with the answer, if anything is. */
  void finished(uint64_t startedNs, const std::string& problem);
};
