#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.h"

/** The number of a slot below 10,000, as it is in requests and names. */
std::string fourDigits(unsigned slot);

/**
 * The bytes of each next request. A slot is a place for one request in flight: it has its own
 * sequence, and its own tensor in shared memory.
 */
class RequestSource {
 public:
  explicit RequestSource(const Options& options);

  /** Valid until the slot's next request is asked for. */
  std::string_view next(unsigned slot);
  /** Whether a sequence has begun that has not ended. */
  bool isMidSequence(unsigned slot) const;

 private:
  struct Slot {
    /** The first, the others and the last of a sequence; without sequences there is one. */
    std::vector<std::string> requests;
    unsigned sent = 0;
  };

  void beginSequence(Slot& slot);

  unsigned sequenceLength_;
  uint64_t nextSequenceId_;
  /** Where each request has its sequence's id; none without sequences. */
  std::vector<size_t> idOffsets_;
  bool idIsText_;
  std::vector<Slot> slots_;
};
