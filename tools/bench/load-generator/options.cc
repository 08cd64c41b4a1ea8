#include "options.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

namespace {

constexpr char kUsage[] = R"(usage: load-generator --port N --request FILE [options]

  --protocol http|grpc|grpc-stream
  --port N              of the server on 127.0.0.1
  --request FILE        bytes of one request: all of an HTTP/1.1 request, or a gRPC message.
                        Several take turns. With --sequence there are three: its first, its
                        others, its last
  --in-flight N         requests under way at any time (default 1)
  --connections N       that share them; more than requests in flight stay idle. HTTP has one
                        for each request in flight at least
  --warm-up S           seconds before anything counts (default 1)
  --warm-up-requests N  answers before anything counts, within four seconds more (default 0)
  --seconds S           seconds that count (default 3)
  --sequence N          requests of a sequence; each request in flight is of another one. In the
                        request 9876543210 stands for the sequence's id
  --live-sequences N    sequences of each request in flight, which take turns (default 1)
  --answer FORM         where the tensor of an answer is: size (not looked at), json, binary, grpc
                        or region
  --expected FILE       bytes of that tensor
  --minimum-answer N    bytes that an answer must have
  --region PREFIX       shared memory that answers go to: for each request in flight the file with
                        its number behind the prefix, 0000 and so on. In the request @@@@ stands
                        for the number
  --cpu N               runs on this core only
  --pid N               a process whose CPU time is wanted; may be given several times
)";

[[noreturn]] void refuse(const std::string& problem) {
  std::fprintf(stderr, "%s\n\n%s", problem.c_str(), kUsage);
  std::exit(2);
}

template <typename Value>
Value oneOf(const std::map<std::string, Value>& values, const std::string& text) {
  const auto found = values.find(text);
  if (found == values.end()) refuse("unknown value " + text);
  return found->second;
}

unsigned numberOf(const std::string& text) { return static_cast<unsigned>(std::stoul(text)); }

uint16_t portOf(const std::string& text) { return static_cast<uint16_t>(numberOf(text)); }

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string, Setter> kSetters = {
    {"--protocol",
     [](Options& options, const std::string& text) {
       options.protocol = oneOf<Protocol>({{"http", Protocol::kHttp},
                                           {"grpc", Protocol::kGrpc},
                                           {"grpc-stream", Protocol::kGrpcStream}},
                                          text);
     }},
    {"--answer",
     [](Options& options, const std::string& text) {
       options.answerForm = oneOf<AnswerForm>({{"size", AnswerForm::kSizeOnly},
                                               {"json", AnswerForm::kJson},
                                               {"binary", AnswerForm::kBinaryTail},
                                               {"grpc", AnswerForm::kGrpc},
                                               {"region", AnswerForm::kRegion}},
                                              text);
     }},
    {"--port", [](Options& o, const std::string& t) { o.port = portOf(t); }},
    {"--request", [](Options& o, const std::string& t) { o.requestFiles.push_back(t); }},
    {"--in-flight", [](Options& o, const std::string& t) { o.inFlight = numberOf(t); }},
    {"--connections", [](Options& o, const std::string& t) { o.connections = numberOf(t); }},
    {"--warm-up", [](Options& o, const std::string& t) { o.warmUpSeconds = std::stod(t); }},
    {"--warm-up-requests",
     [](Options& options, const std::string& text) { options.warmUpRequests = numberOf(text); }},
    {"--seconds", [](Options& o, const std::string& t) { o.seconds = std::stod(t); }},
    {"--sequence", [](Options& o, const std::string& t) { o.sequenceLength = numberOf(t); }},
    {"--live-sequences",
     [](Options& options, const std::string& text) { options.sequencesPerSlot = numberOf(text); }},
    {"--expected", [](Options& o, const std::string& t) { o.expectedFile = t; }},
    {"--minimum-answer", [](Options& o, const std::string& t) { o.minimumBytes = numberOf(t); }},
    {"--region", [](Options& o, const std::string& t) { o.regionPrefix = t; }},
    {"--pid", [](Options& o, const std::string& t) { o.pids.push_back(numberOf(t)); }},
    {"--cpu", [](Options& o, const std::string& t) { o.cpu = static_cast<int>(numberOf(t)); }},
};

void checkOptions(const Options& options) {
  if (options.port == 0) refuse("--port is missing");
  if (options.requestFiles.empty()) refuse("--request is missing");
  const bool isSequence = options.sequenceLength > 0;
  if (isSequence && options.requestFiles.size() != 3) refuse("--sequence needs three --request");
  if (isSequence && options.sequenceLength < 2) refuse("--sequence must be above 1");
  if (options.sequencesPerSlot == 0) refuse("--live-sequences must be above 0");
  if (options.inFlight == 0) refuse("--in-flight must be above 0");
  const bool compares = options.answerForm != AnswerForm::kSizeOnly;
  if (compares && options.expectedFile.empty()) refuse("--expected is missing");
  const bool hasRegion = options.answerForm == AnswerForm::kRegion;
  if (hasRegion == options.regionPrefix.empty()) refuse("--region goes with --answer region");
}

}  // namespace

Options parseOptions(int count, char** arguments) {
  Options options;
  for (int index = 1; index < count; index += 2) {
    const std::string name = arguments[index];
    if (name == "--help") {
      std::printf("%s", kUsage);
      std::exit(0);
    }
    const auto setter = kSetters.find(name);
    if (setter == kSetters.end()) refuse("unknown option " + name);
    if (index + 1 == count) refuse(name + " has no value");
    try {
      setter->second(options, arguments[index + 1]);
    } catch (const std::logic_error&) {
      refuse(name + " is not a number");
    }
  }
  checkOptions(options);
  const unsigned least = options.protocol == Protocol::kHttp ? options.inFlight : 1;
  options.connections = std::max(options.connections, least);
  return options;
}
