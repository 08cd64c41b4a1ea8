#include "histogram.h"

#include <algorithm>

/**
 * Durations below 128 ns have a bucket each. Above, those with the same highest bit share 64: the
 * six bits after the highest tell which.
 */
void Histogram::add(uint64_t nanoseconds) {
  const int highest = 63 - __builtin_clzll(nanoseconds | 1);
  const int shift = std::max(0, highest - kBucketBits);
  counts_[static_cast<uint64_t>(shift) * kBuckets + (nanoseconds >> shift)] += 1;
  count_ += 1;
  sumNs_ += nanoseconds;
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  sumNs_ = 0;
}

double Histogram::quantileUs(double share) const {
  const uint64_t wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
  uint64_t seen = 0;
  for (uint64_t index = 0; index < counts_.size(); ++index) {
    seen += counts_[index];
    if (seen <= wanted) continue;
    const uint64_t shift = index < 2 * kBuckets ? 0 : index / kBuckets - 1;
    const uint64_t lowestNs = (index - shift * kBuckets) << shift;
    const double middle = static_cast<double>((uint64_t{1} << shift) - 1) / 2;
    return (static_cast<double>(lowestNs) + middle) / 1000;
  }
  return 0;
}

double Histogram::meanUs() const {
  return count_ == 0 ? 0 : static_cast<double>(sumNs_) / static_cast<double>(count_) / 1000;
}
