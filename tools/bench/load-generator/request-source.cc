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
    slots_[index].requests = requests;
    if (options.regionPrefix.empty()) continue;
    for (std::string& request : slots_[index].requests) replaceSlotMarks(request, index);
  }
}

std::string_view RequestSource::next(unsigned index) {
  Slot& slot = slots_[index];
  if (sequenceLength_ == 0) return slot.requests.front();
  if (slot.sent == 0) beginSequence(slot);
  const unsigned number = slot.sent;
  slot.sent = number + 1 == sequenceLength_ ? 0 : number + 1;
  if (number == 0) return slot.requests[0];
  return slot.requests[slot.sent == 0 ? 2 : 1];
}

bool RequestSource::isMidSequence(unsigned slot) const { return slots_[slot].sent > 0; }

void RequestSource::beginSequence(Slot& slot) {
  const uint64_t id = nextSequenceId_++;
  const std::string bytes = idIsText_ ? std::to_string(id) : varint(id);
  for (size_t index = 0; index < slot.requests.size(); ++index) {
    slot.requests[index].replace(idOffsets_[index], bytes.size(), bytes);
  }
}
