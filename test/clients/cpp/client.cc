// Calls the server through stubs that protoc and grpc_cpp_plugin made from protos/. SERVER_GRPC is the
// server's address, as host:port. Prints a line per test, `ok NAME` or `not ok NAME` after the reasons,
// and at the end `1..COUNT`.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "grpc_service.grpc.pb.h"

namespace {

using inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

constexpr auto kCallLimit = std::chrono::seconds(20);
constexpr int kLargeMessageBytes = 32 << 20;

std::shared_ptr<grpc::Channel> Connect() {
  const char* address = std::getenv("SERVER_GRPC");
  if (address == nullptr) throw std::runtime_error("SERVER_GRPC is not set");
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargeMessageBytes);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

GRPCInferenceService::Stub& Client() {
  static const auto stub = GRPCInferenceService::NewStub(Connect());
  return *stub;
}

struct Context : grpc::ClientContext {
  Context() { set_deadline(std::chrono::system_clock::now() + kCallLimit); }
};

void Expect(bool condition, const std::string& otherwise) {
  if (!condition) throw std::runtime_error(otherwise);
}

void ExpectOk(const grpc::Status& status) {
  Expect(status.ok(), std::to_string(status.error_code()) + ": " + status.error_message());
}

void ExpectStatus(const grpc::Status& status, grpc::StatusCode code, const std::string& text) {
  const bool fits =
      status.error_code() == code && status.error_message().find(text) != std::string::npos;
  Expect(fits, "got " + std::to_string(status.error_code()) + ": " + status.error_message() +
                   ", want " + std::to_string(code) + " with " + text);
}

template <typename Value>
std::string ToRaw(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

template <typename Value>
std::vector<Value> FromRaw(const std::string& raw) {
  std::vector<Value> values(raw.size() / sizeof(Value));
  std::memcpy(values.data(), raw.data(), values.size() * sizeof(Value));
  return values;
}

ModelInferRequest::InferInputTensor* AddInput(ModelInferRequest& request, const std::string& name,
                                              const std::string& datatype,
                                              const std::vector<int64_t>& shape) {
  auto* input = request.add_inputs();
  input->set_name(name);
  input->set_datatype(datatype);
  for (const int64_t size : shape) input->add_shape(size);
  return input;
}

std::vector<int32_t> Ramp(int32_t first) {
  std::vector<int32_t> values(16);
  std::iota(values.begin(), values.end(), first);
  return values;
}

// The sum of each element with itself and a shift, and their difference, which is the shift.
ModelInferRequest AddSub(int32_t first, int32_t shift) {
  ModelInferRequest request;
  request.set_model_name("add_sub");
  AddInput(request, "INPUT0", "INT32", {1, 16});
  AddInput(request, "INPUT1", "INT32", {1, 16});
  request.add_raw_input_contents(ToRaw(Ramp(first + shift)));
  request.add_raw_input_contents(ToRaw(Ramp(first)));
  return request;
}

void ExpectAddSub(const ModelInferResponse& response, int32_t first, int32_t shift) {
  Expect(response.raw_output_contents_size() == 2, "two outputs are due");
  const auto sums = FromRaw<int32_t>(response.raw_output_contents(0));
  const auto differences = FromRaw<int32_t>(response.raw_output_contents(1));
  Expect(sums.size() == 16 && differences.size() == 16, "sixteen elements are due");
  for (int i = 0; i < 16; ++i) {
    Expect(sums[i] == 2 * (first + i) + shift, "sum " + std::to_string(sums[i]));
    Expect(differences[i] == shift, "difference " + std::to_string(differences[i]));
  }
}

ModelInferRequest Moody(float value) {
  ModelInferRequest request;
  request.set_model_name("moody");
  AddInput(request, "INPUT0", "FP32", {1, 1});
  request.add_raw_input_contents(ToRaw<float>({value}));
  return request;
}

ModelInferRequest Repeat(int32_t count) {
  ModelInferRequest request;
  request.set_model_name("repeat");
  request.set_id(std::to_string(count));
  AddInput(request, "N", "INT32", {1})->mutable_contents()->add_int_contents(count);
  return request;
}

grpc::Status Infer(const ModelInferRequest& request, ModelInferResponse* response = nullptr) {
  Context context;
  ModelInferResponse unread;
  return Client().ModelInfer(&context, request, response ? response : &unread);
}

void AnswersHealth() {
  Context first, second, third;
  inference::ServerLiveResponse live;
  ExpectOk(Client().ServerLive(&first, {}, &live));
  inference::ServerReadyResponse ready;
  ExpectOk(Client().ServerReady(&second, {}, &ready));
  inference::ModelReadyRequest request;
  request.set_name("add_sub");
  inference::ModelReadyResponse model;
  ExpectOk(Client().ModelReady(&third, request, &model));
  Expect(live.live() && ready.ready() && model.ready(), "not ready");
}

void AnswersMetadata() {
  Context first, second;
  inference::ServerMetadataResponse server;
  ExpectOk(Client().ServerMetadata(&first, {}, &server));
  Expect(!server.name().empty() && server.extensions_size() > 0, server.ShortDebugString());
  inference::ModelMetadataRequest request;
  request.set_name("add_sub");
  inference::ModelMetadataResponse model;
  ExpectOk(Client().ModelMetadata(&second, request, &model));
  const bool fits = model.inputs_size() == 2 && model.inputs(0).datatype() == "INT32" &&
                    model.inputs(0).shape(0) == -1 && model.inputs(0).shape(1) == 16;
  Expect(fits, model.ShortDebugString());
}

void AnswersModelConfig() {
  Context context;
  inference::ModelConfigRequest request;
  request.set_name("add_sub");
  inference::ModelConfigResponse answer;
  ExpectOk(Client().ModelConfig(&context, request, &answer));
  const auto& config = answer.config();
  const bool fits =
      config.max_batch_size() == 8 && config.input(0).data_type() == inference::TYPE_INT32;
  Expect(fits, config.ShortDebugString());
}

void InfersRawContents() {
  auto request = AddSub(5, 3);
  request.set_id("one");
  ModelInferResponse response;
  ExpectOk(Infer(request, &response));
  Expect(response.id() == "one" && response.model_version() == "1", response.ShortDebugString());
  ExpectAddSub(response, 5, 3);
}

void InfersTypedContents() {
  auto request = AddSub(0, 0);
  for (int i = 0; i < 2; ++i) {
    auto* contents = request.mutable_inputs(i)->mutable_contents();
    for (const int32_t value : FromRaw<int32_t>(request.raw_input_contents(i))) {
      contents->add_int_contents(value);
    }
  }
  request.clear_raw_input_contents();
  ModelInferResponse response;
  ExpectOk(Infer(request, &response));
  ExpectAddSub(response, 0, 0);
}

void InfersBytes() {
  ModelInferRequest request;
  request.set_model_name("identity_bytes");
  auto* contents = AddInput(request, "INPUT0", "BYTES", {1, 2})->mutable_contents();
  const std::string binary("\xff\x00\x01", 3);
  contents->add_bytes_contents("plain");
  contents->add_bytes_contents(binary);
  ModelInferResponse response;
  ExpectOk(Infer(request, &response));
  const std::string want =
      ToRaw<uint32_t>({5}) + "plain" + ToRaw<uint32_t>({3}) + binary;
  Expect(response.raw_output_contents(0) == want, "the elements came back changed");
}

void InfersALargeTensor() {
  std::vector<uint32_t> values(4 << 20);
  std::iota(values.begin(), values.end(), 0U);
  ModelInferRequest request;
  request.set_model_name("identity_uint32");
  AddInput(request, "INPUT0", "UINT32", {static_cast<int64_t>(values.size())});
  request.add_raw_input_contents(ToRaw(values));
  ModelInferResponse response;
  ExpectOk(Infer(request, &response));
  Expect(response.raw_output_contents(0) == request.raw_input_contents(0), "it came back changed");
}

void InfersACompressedMessage() {
  Context context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  ModelInferResponse response;
  ExpectOk(Client().ModelInfer(&context, AddSub(1, 2), &response));
  ExpectAddSub(response, 1, 2);
}

struct PendingCall {
  Context context;
  ModelInferResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<ModelInferResponse>> reader;
};

void InfersAsynchronously() {
  grpc::CompletionQueue queue;
  std::vector<PendingCall> calls(64);
  for (int i = 0; i < static_cast<int>(calls.size()); ++i) {
    auto& call = calls[i];
    call.reader = Client().AsyncModelInfer(&call.context, AddSub(i, 1000 * i), &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  for (size_t left = calls.size(); left > 0; --left) {
    void* tag = nullptr;
    bool ok = false;
    Expect(queue.Next(&tag, &ok) && ok, "the completion queue ended");
  }
  for (int i = 0; i < static_cast<int>(calls.size()); ++i) {
    ExpectOk(calls[i].status);
    ExpectAddSub(calls[i].response, i, 1000 * i);
  }
}

void StreamsResponses() {
  Context context;
  const auto stream = Client().ModelStreamInfer(&context);
  for (const int32_t count : {4, 2, 3}) Expect(stream->Write(Repeat(count)), "cannot write");
  stream->WritesDone();
  std::map<std::string, std::vector<int32_t>> got;
  inference::ModelStreamInferResponse answer;
  while (stream->Read(&answer)) {
    Expect(answer.error_message().empty(), answer.error_message());
    const auto& response = answer.infer_response();
    got[response.id()].push_back(FromRaw<int32_t>(response.raw_output_contents(0)).at(0));
  }
  ExpectOk(stream->Finish());
  const decltype(got) want = {{"2", {0, 1}}, {"3", {0, 1, 2}}, {"4", {0, 1, 2, 3}}};
  Expect(got == want, "other responses than asked for");
}

void KeepsAStreamAfterARefusal() {
  Context context;
  const auto stream = Client().ModelStreamInfer(&context);
  inference::ModelStreamInferResponse answer;
  Expect(stream->Write(Moody(-1)) && stream->Read(&answer), "no answer");
  Expect(answer.error_message().find("model says no") != std::string::npos, "no refusal");
  Expect(stream->Write(Moody(5)) && stream->Read(&answer), "no second answer");
  Expect(answer.error_message().empty(), answer.error_message());
  stream->WritesDone();
  Expect(!stream->Read(&answer), "one answer too many");
  ExpectOk(stream->Finish());
}

void ReportsErrorCodes() {
  auto unknown = AddSub(0, 0);
  unknown.set_model_name("nope");
  ExpectStatus(Infer(unknown), grpc::StatusCode::NOT_FOUND, "'nope' is not found");
  auto narrow = AddSub(0, 0);
  narrow.mutable_inputs(0)->set_shape(1, 8);
  ExpectStatus(Infer(narrow), grpc::StatusCode::INVALID_ARGUMENT, "INPUT0");
  ExpectStatus(Infer(Moody(-1)), grpc::StatusCode::UNAVAILABLE, "model says no");
  ExpectStatus(Infer(Moody(-2)), grpc::StatusCode::INTERNAL, "boom");
  ExpectStatus(Infer(Repeat(1)), grpc::StatusCode::UNIMPLEMENTED, "decoupled");
}

void GivesUpAtADeadline() {
  ModelInferRequest request;
  request.set_model_name("slow");
  AddInput(request, "INPUT0", "FP32", {1, 16});
  request.add_raw_input_contents(std::string(64, '\0'));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  ModelInferResponse response;
  const auto status = Client().ModelInfer(&context, request, &response);
  ExpectStatus(status, grpc::StatusCode::DEADLINE_EXCEEDED, "");
}

const std::vector<std::pair<std::string, std::function<void()>>> kTests = {
    {"answers health", AnswersHealth},
    {"answers metadata", AnswersMetadata},
    {"answers the configuration of a model", AnswersModelConfig},
    {"infers with raw contents", InfersRawContents},
    {"infers with typed contents", InfersTypedContents},
    {"infers BYTES", InfersBytes},
    {"infers a tensor of 16 MiB", InfersALargeTensor},
    {"infers a compressed message", InfersACompressedMessage},
    {"infers 64 requests at the same time", InfersAsynchronously},
    {"streams the responses of a decoupled model", StreamsResponses},
    {"keeps a stream after a refused request", KeepsAStreamAfterARefusal},
    {"reports errors by code and message", ReportsErrorCodes},
    {"gives up at a deadline", GivesUpAtADeadline},
};

}  // namespace

int main() {
  bool all_passed = true;
  for (const auto& [name, test] : kTests) {
    try {
      test();
      std::cout << "ok " << name << std::endl;
    } catch (const std::exception& error) {
      all_passed = false;
      std::cout << "  " << error.what() << "\nnot ok " << name << std::endl;
    }
  }
  std::cout << "1.." << kTests.size() << std::endl;
  return all_passed ? 0 : 1;
}
