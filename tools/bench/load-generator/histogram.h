#pragma once

#include <cstdint>
#include <vector>

/** Counts of durations in buckets that are at most 1/64 wide, whatever the duration. */
class Histogram {
 public:
  void add(uint64_t nanoseconds);
  void clear();
  uint64_t count() const { return count_; }
  /** Microseconds below which this share (0 to 1) of all durations is; 0 when there are none. */
  double quantileUs(double share) const;
  double meanUs() const;

 private:
  static constexpr int kBucketBits = 6;
  static constexpr uint64_t kBuckets = uint64_t{1} << kBucketBits;

  std::vector<uint32_t> counts_ = std::vector<uint32_t>((64 - kBucketBits + 1) * kBuckets);
  uint64_t count_ = 0;
  uint64_t sumNs_ = 0;
};
