#include "request-source.h"

#include <unistd.h>

#include <stdexcept>

#include "file-content.h"

namespace {

/** Stands for the id in requests. The ids have as many digits, and bytes when a varint. */
constexpr uint64_t kIdMark = 9'876'543'210;
constexpr uint64_t kFirstId = 5'000'000'000;
constexpr uint64_t kIdsOfProcess = 10'000'000;
constexpr std::string_view kSlotMark = "@@@@";

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7) bytes.push_back(static_cast<char>((value & 127) | 128));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

/** A gRPC message follows a byte that says it is not compressed, and its length. */
std::string framed(const std::string& message) {
  std::string prefix(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    prefix.push_back(static_cast<char>(message.size() >> shift));
  }
  return prefix + message;
}

void replaceSlotMarks(std::string& request, unsigned slot) {
  const std::string digits = fourDigits(slot);
  for (size_t at = 0; (at = request.find(kSlotMark, at)) != std::string::npos;) {
    request.replace(at, kSlotMark.size(), digits);
  }
}

}  // namespace

std::string fourDigits(unsigned slot) {
  const std::string digits = std::to_string(slot);
  return std::string(kSlotMark.size() - digits.size(), '0') + digits;
}

RequestSource::RequestSource(const Options& options)
    : sequenceLength_(options.sequenceLength),
      // The ids of a run do not meet those that another one has left behind.
      nextSequenceId_(kFirstId + static_cast<uint64_t>(getpid() % 400) * kIdsOfProcess),
      idIsText_(options.protocol == Protocol::kHttp) {
  const std::string mark = idIsText_ ? std::to_string(kIdMark) : varint(kIdMark);
  std::vector<std::string> requests;
  for (const std::string& file : options.requestFiles) {
    const std::string content = fileContent(file);
    requests.push_back(idIsText_ ? content : framed(content));
    if (sequenceLength_ == 0) continue;
    idOffsets_.push_back(requests.back().find(mark));
    if (idOffsets_.back() == std::string::npos) throw std::runtime_error(file + " has no id");
  }
  slots_.resize(options.inFlight);
  for (unsigned index = 0; index < options.inFlight; ++index) {
    Slot& slot = slots_[index];
    slot.requests = requests;
    // Those in flight are of different ones from the start.
    slot.nextRequest = index % requests.size();
    if (sequenceLength_ > 0) slot.sequences.resize(options.sequencesPerSlot);
    if (options.regionPrefix.empty()) continue;
    for (std::string& request : slot.requests) replaceSlotMarks(request, index);
  }
}

std::string_view RequestSource::next(unsigned index) {
  Slot& slot = slots_[index];
  if (sequenceLength_ > 0) return nextOfSequence(slot);
  const std::string& request = slot.requests[slot.nextRequest];
  slot.nextRequest = (slot.nextRequest + 1) % slot.requests.size();
  return request;
}

std::string_view RequestSource::nextOfSequence(Slot& slot) {
  // When stopped, only those that are alive have a request; there is one, says `hasNext`.
  do {
    slot.nextSequence = (slot.nextSequence + 1) % slot.sequences.size();
  } while (isStopping_ && slot.sequences[slot.nextSequence].requestsLeft == 0);
  Sequence& sequence = slot.sequences[slot.nextSequence];
  const bool isFirst = sequence.requestsLeft == 0;
  if (isFirst) {
    sequence.id = nextSequenceId_++;
    sequence.requestsLeft = newLength(sequence.id);
    slot.alive += 1;
  }
  sequence.requestsLeft = isStopping_ ? 0 : sequence.requestsLeft - 1;
  const bool isLast = sequence.requestsLeft == 0;
  if (isLast) slot.alive -= 1;
  const size_t which = isFirst ? 0 : isLast ? 2 : 1;
  const std::string bytes = idIsText_ ? std::to_string(sequence.id) : varint(sequence.id);
  return slot.requests[which].replace(idOffsets_[which], bytes.size(), bytes);
}

/** Where a slot has many sequences they differ in length, so that they do not all begin at once. */
unsigned RequestSource::newLength(uint64_t id) const {
  if (slots_.front().sequences.size() == 1) return sequenceLength_;
  constexpr uint64_t kSpreading = 2'654'435'761;
  return sequenceLength_ / 2 + 2 + static_cast<unsigned>(id * kSpreading % (sequenceLength_ + 1));
}
