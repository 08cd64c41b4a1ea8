#include "grpc-connection.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace {

constexpr char kUnaryPath[] = "/inference.GRPCInferenceService/ModelInfer";
constexpr char kStreamPath[] = "/inference.GRPCInferenceService/ModelStreamInfer";
constexpr size_t kBufferBytes = 262'144;
/** Parts of messages up to this size are copied, which costs less than one more part to send. */
constexpr size_t kCopiedBytes = 2048;
constexpr size_t kLargestFrameBytes = 1'048'576;
/** The server is given room again after so many bytes. */
constexpr uint64_t kRefillBytes = 1 << 24;
constexpr std::string_view kStatusOk = "0";

/** What trailers say went wrong. */
std::string problemIn(const HeaderFields& trailers) {
  const std::string_view status = fieldOf(trailers, "grpc-status");
  if (status == kStatusOk) return "";
  return "refused with status '" + std::string(status) +
         "': " + std::string(fieldOf(trailers, "grpc-message"));
}

}  // namespace

GrpcConnection::GrpcConnection(Load& load, uint16_t port, GrpcShare share)
    : load_(load),
      socket_(port),
      share_(share),
      callHeaders_(share.isStreaming ? kStreamPath : kUnaryPath),
      streams_(share.isStreaming ? 1 : share.slots.count),
      buffer_(kBufferBytes) {}

void GrpcConnection::start() {
  socket_.append(http2::opening());
  if (share_.isStreaming && share_.slots.count > 0) openStream(streams_.front());
  for (unsigned index = 0; index < share_.slots.count; ++index) send(share_.slots.first + index);
  socket_.flush();
}

void GrpcConnection::proceed() {
  while (true) {
    const size_t room = buffer_.size() - filled_;
    const size_t count = socket_.read(buffer_.data() + filled_, room);
    filled_ += count;
    handleFrames();
    // There was more room than bytes: whatever comes later is announced again.
    if (count < room) break;
  }
  socket_.flush();
}

void GrpcConnection::send(unsigned slot) {
  Stream& stream = streams_[share_.isStreaming ? 0 : slot - share_.slots.first];
  if (!share_.isStreaming) openStream(stream);
  stream.requests.push_back({slot, load_.started()});
  stream.unsent.push_back(load_.requests.next(slot));
  sendUnsent(stream);
}

void GrpcConnection::openStream(Stream& stream) {
  stream.id = nextStreamId_;
  nextStreamId_ += 2;
  stream.windowBytes = initialWindowBytes_;
  stream.messages.clear();
  stream.isAnswered = false;
  stream.problem.clear();
  openStreams_[stream.id] = &stream;
  const std::string_view block = callHeaders_.next();
  socket_.append(http2::frameHeader({http2::kHeaders, http2::kEndHeaders, stream.id, {}},
                                    block.size()));
  socket_.append(block);
}

/** Sends as much of a stream's requests as the windows allow. */
void GrpcConnection::sendUnsent(Stream& stream) {
  while (!stream.unsent.empty()) {
    std::string_view& bytes = stream.unsent.front();
    const int64_t window = std::min(windowBytes_, stream.windowBytes);
    if (window <= 0) return;
    const size_t size = std::min({bytes.size(), maxFrameBytes_, static_cast<size_t>(window)});
    const bool isLast = size == bytes.size();
    const uint8_t flags = isLast && !share_.isStreaming ? http2::kEndStream : 0;
    socket_.append(http2::frameHeader({http2::kData, flags, stream.id, {}}, size));
    if (size <= kCopiedBytes) {
      socket_.append(bytes.substr(0, size));
    } else {
      socket_.appendUncopied(bytes.substr(0, size));
    }
    windowBytes_ -= static_cast<int64_t>(size);
    stream.windowBytes -= static_cast<int64_t>(size);
    bytes.remove_prefix(size);
    if (isLast) stream.unsent.pop_front();
  }
}

void GrpcConnection::sendAllUnsent() {
  for (Stream& stream : streams_) sendUnsent(stream);
}

void GrpcConnection::handleFrames() {
  std::string_view bytes(buffer_.data(), filled_);
  http2::Frame frame;
  while (http2::takeFrame(bytes, frame)) handle(frame);
  std::memmove(buffer_.data(), bytes.data(), bytes.size());
  filled_ = bytes.size();
}

void GrpcConnection::handle(const http2::Frame& frame) {
  switch (frame.type) {
    case http2::kData:
      return handleData(frame);
    case http2::kHeaders:
    case http2::kContinuation:
      return handleHeaders(frame);
    case http2::kSettings:
      return handleSettings(frame);
    case http2::kWindowUpdate:
      return handleWindowUpdate(frame);
    case http2::kPing:
      if (!(frame.flags & http2::kAck)) {
        socket_.append(http2::wholeFrame({http2::kPing, http2::kAck, 0, frame.content}));
      }
      return;
    case http2::kResetStream:
      if (Stream* stream = streamOf(frame.streamId)) endStream(*stream, "the call was reset");
      return;
    case http2::kGoAway:
      throw std::runtime_error("the server said goodbye");
  }
}

void GrpcConnection::handleData(const http2::Frame& frame) {
  Stream* stream = streamOf(frame.streamId);
  refill(stream, frame.content.size());
  if (stream == nullptr) return;
  stream->messages.read(http2::unpadded(frame), [&](std::string_view message) {
    handleMessage(*stream, message);
  });
  if (frame.flags & http2::kEndStream) endStream(*stream, "a call ended without a status");
}

void GrpcConnection::handleMessage(Stream& stream, std::string_view message) {
  if (stream.requests.empty()) throw std::runtime_error("more answers than requests");
  const std::string problem = load_.check.problemOf(message, stream.requests.front().slot);
  if (share_.isStreaming) return finishFirst(stream, problem);
  // A call is over when its status has come, too.
  stream.isAnswered = true;
  stream.problem = problem;
}

void GrpcConnection::handleHeaders(const http2::Frame& frame) {
  if (frame.type == http2::kHeaders) {
    headerBlock_.clear();
    blockEndsStream_ = (frame.flags & http2::kEndStream) != 0;
    headerBlock_ = http2::unpadded(frame);
  } else {
    headerBlock_ += frame.content;
  }
  if (!(frame.flags & http2::kEndHeaders)) return;
  const HeaderFields& fields = hpack_.decode(headerBlock_);
  Stream* stream = streamOf(frame.streamId);
  if (stream == nullptr || !blockEndsStream_) return;
  std::string problem = problemIn(fields);
  if (problem.empty()) problem = stream->isAnswered ? stream->problem : "a call has no answer";
  endStream(*stream, problem);
}

void GrpcConnection::handleSettings(const http2::Frame& frame) {
  if (frame.flags & http2::kAck) return;
  for (std::string_view rest = frame.content; rest.size() >= 6; rest.remove_prefix(6)) {
    const auto name = static_cast<uint16_t>(static_cast<uint8_t>(rest[0]) << 8 |
                                            static_cast<uint8_t>(rest[1]));
    const uint32_t value = http2::number32(rest.substr(2));
    if (name == http2::kHeaderTableSize) callHeaders_.limitTable(value);
    if (name == http2::kMaxFrameSize) maxFrameBytes_ = std::min<size_t>(value, kLargestFrameBytes);
    if (name != http2::kInitialWindowSize) continue;
    for (Stream& stream : streams_) stream.windowBytes += value - initialWindowBytes_;
    initialWindowBytes_ = value;
  }
  socket_.append(http2::wholeFrame({http2::kSettings, http2::kAck, 0, {}}));
  sendAllUnsent();
}

void GrpcConnection::handleWindowUpdate(const http2::Frame& frame) {
  const uint32_t increment = http2::number31(frame.content);
  if (frame.streamId == 0) {
    windowBytes_ += increment;
    return sendAllUnsent();
  }
  Stream* stream = streamOf(frame.streamId);
  if (stream == nullptr) return;
  stream->windowBytes += increment;
  sendUnsent(*stream);
}

void GrpcConnection::refill(Stream* stream, size_t size) {
  unrefilledBytes_ += size;
  if (unrefilledBytes_ > kRefillBytes) {
    socket_.append(http2::windowUpdate(0, static_cast<uint32_t>(unrefilledBytes_)));
    unrefilledBytes_ = 0;
  }
  if (!share_.isStreaming || stream == nullptr) return;
  stream->unrefilledBytes += size;
  if (stream->unrefilledBytes <= kRefillBytes) return;
  socket_.append(http2::windowUpdate(stream->id, static_cast<uint32_t>(stream->unrefilledBytes)));
  stream->unrefilledBytes = 0;
}

void GrpcConnection::endStream(Stream& stream, const std::string& problem) {
  if (share_.isStreaming) throw std::runtime_error("the server ended the stream: " + problem);
  openStreams_.erase(stream.id);
  stream.unsent.clear();
  finishFirst(stream, problem);
}

void GrpcConnection::finishFirst(Stream& stream, const std::string& problem) {
  const Request request = stream.requests.front();
  stream.requests.pop_front();
  load_.finished(request.startedNs, problem);
  if (load_.requests.hasNext(request.slot)) send(request.slot);
}

GrpcConnection::Stream* GrpcConnection::streamOf(uint32_t id) {
  const auto found = openStreams_.find(id);
  return found == openStreams_.end() ? nullptr : found->second;
}
