#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.h"

/** Compares answers with what they have to be. */
class AnswerCheck {
 public:
  explicit AnswerCheck(const Options& options);
  ~AnswerCheck();
  AnswerCheck(const AnswerCheck&) = delete;
  AnswerCheck& operator=(const AnswerCheck&) = delete;

  /** What is wrong with the body of an HTTP answer or a gRPC message; empty when nothing is. */
  std::string problemOf(std::string_view answer, unsigned slot);

 private:
  std::string problemOfBytes(std::string_view answer);
  std::string problemOfRegion(unsigned slot);
  bool hasExpectedData(std::string_view answer) const;

  AnswerForm form_;
  bool isStream_;
  size_t minimumBytes_;
  std::string expected_;
  /** An answer that was found right: one with the same bytes is right, too. */
  std::string right_;
  uint64_t answers_ = 0;
  /** The shared memory of each slot, for one tensor. */
  std::vector<char*> regions_;
};
