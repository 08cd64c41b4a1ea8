#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

/** The number of a slot below 10,000, as it is in requests and names. */
std::string fourDigits(unsigned slot);

/**
 * The bytes of each next request. A slot is a place for one request in flight: it has its own
 * sequences, and its own tensor in shared memory.
 */
class RequestSource {
 public:
  explicit RequestSource(const Options& options);

  /** Valid until the slot's next request is asked for. */
  std::string_view next(unsigned slot);
  /** From now on requests only end sequences. */
  void stop() { isStopping_ = true; }
  /** Whether the slot has a request: once stopped, as long as a sequence of it has not ended. */
  bool hasNext(unsigned slot) const { return !isStopping_ || slots_[slot].alive > 0; }

 private:
  struct Sequence {
    uint64_t id = 0;
    unsigned requestsLeft = 0;
  };

  struct Slot {
    /** They take turns; of a sequence they are its first, any other, and its last. */
    std::vector<std::string> requests;
    size_t nextRequest = 0;
    std::vector<Sequence> sequences;
    size_t nextSequence = 0;
    /** Sequences that have begun and not ended. */
    size_t alive = 0;
  };

  std::string_view nextOfSequence(Slot& slot);
  unsigned newLength(uint64_t id) const;

  unsigned sequenceLength_;
  uint64_t nextSequenceId_;
  /** Where each request has its sequence's id; none without sequences. */
  std::vector<size_t> idOffsets_;
  bool idIsText_;
  bool isStopping_ = false;
  std::vector<Slot> slots_;
};
