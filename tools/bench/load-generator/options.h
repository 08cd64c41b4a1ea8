#pragma once

#include <cstdint>
#include <string>
#include <vector>

enum class Protocol { kHttp, kGrpc, kGrpcStream };

/** How the tensor of an answer is found, to be compared with the expected one. */
enum class AnswerForm { kSizeOnly, kJson, kBinaryTail, kGrpc, kRegion };

/** What the command line says; see `kUsage` in options.cc. */
struct Options {
  Protocol protocol = Protocol::kHttp;
  uint16_t port = 0;
  unsigned connections = 0;
  unsigned inFlight = 1;
  double warmUpSeconds = 1;
  uint64_t warmUpRequests = 0;
  double seconds = 3;
  std::vector<std::string> requestFiles;
  unsigned sequenceLength = 0;
  unsigned sequencesPerSlot = 1;
  AnswerForm answerForm = AnswerForm::kSizeOnly;
  std::string expectedFile;
  size_t minimumBytes = 0;
  std::string regionPrefix;
  int cpu = -1;
  std::vector<unsigned> pids;
};

/** Ends the program with the usage when the arguments are not as they have to be. */
Options parseOptions(int count, char** arguments);
