#include "answer-check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "file-content.h"
#include "json-data.h"
#include "protobuf-fields.h"
#include "request-source.h"

namespace {

/** Of answers above this size one in `kLargePeriod` is compared; the size of all of them is. */
constexpr size_t kLargeBytes = 65'536;
constexpr uint64_t kLargePeriod = 16;
constexpr size_t kShownBytes = 300;

/** Fields of ModelInferResponse and of ModelStreamInferResponse. */
constexpr uint32_t kRawOutputContents = 6;
constexpr uint32_t kErrorMessage = 1;
constexpr uint32_t kInferResponse = 2;

std::string shown(std::string_view answer) {
  std::string text(answer.substr(0, kShownBytes));
  for (char& character : text) {
    if (character < ' ' || character > '~') character = '.';
  }
  return text;
}

char* mapFile(const std::string& path, size_t size) {
  const int file = open(path.c_str(), O_RDWR);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  return static_cast<char*>(memory);
}

}  // namespace

AnswerCheck::AnswerCheck(const Options& options)
    : form_(options.answerForm),
      isStream_(options.protocol == Protocol::kGrpcStream),
      minimumBytes_(options.minimumBytes) {
  if (!options.expectedFile.empty()) expected_ = fileContent(options.expectedFile);
  if (form_ != AnswerForm::kRegion) return;
  for (unsigned slot = 0; slot < options.inFlight; ++slot) {
    regions_.push_back(mapFile(options.regionPrefix + fourDigits(slot), expected_.size()));
  }
}

AnswerCheck::~AnswerCheck() {
  for (char* region : regions_) munmap(region, expected_.size());
}

std::string AnswerCheck::problemOf(std::string_view answer, unsigned slot) {
  answers_ += 1;
  if (answer.size() < minimumBytes_) return "an answer is too short: " + shown(answer);
  if (form_ == AnswerForm::kSizeOnly) return "";
  if (form_ == AnswerForm::kRegion) return problemOfRegion(slot);
  return problemOfBytes(answer);
}

std::string AnswerCheck::problemOfBytes(std::string_view answer) {
  if (answer.size() == right_.size()) {
    const bool isSkipped = answer.size() > kLargeBytes && answers_ % kLargePeriod != 0;
    if (isSkipped || answer == right_) return "";
  }
  if (!hasExpectedData(answer)) return "an answer has other data: " + shown(answer);
  right_ = answer;
  return "";
}

/** What has been looked at is overwritten, so that a later answer cannot pass with it. */
std::string AnswerCheck::problemOfRegion(unsigned slot) {
  const bool isSkipped = expected_.size() > kLargeBytes && answers_ % kLargePeriod != 0;
  if (isSkipped) return "";
  char* tensor = regions_[slot];
  const bool isRight = std::memcmp(tensor, expected_.data(), expected_.size()) == 0;
  std::memset(tensor, 0xff, expected_.size());
  return isRight ? "" : "shared memory has other data than expected";
}

bool AnswerCheck::hasExpectedData(std::string_view answer) const {
  if (form_ == AnswerForm::kJson) return hasJsonData(answer, expected_);
  if (form_ == AnswerForm::kBinaryTail) {
    return answer.size() > expected_.size() &&
           answer.substr(answer.size() - expected_.size()) == expected_;
  }
  if (!isStream_) return protobufField(answer, kRawOutputContents) == expected_;
  if (protobufField(answer, kErrorMessage)) return false;
  const auto response = protobufField(answer, kInferResponse);
  return response && protobufField(*response, kRawOutputContents) == expected_;
}
