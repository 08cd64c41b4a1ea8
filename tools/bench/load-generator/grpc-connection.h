#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connection.h"
#include "hpack.h"
#include "http2-frames.h"
#include "load.h"
#include "message-reader.h"
#include "socket.h"

/** Which requests a connection has in flight, and whether one stream has all of them. */
struct GrpcShare {
  SlotRange slots;
  bool isStreaming;
};

/** An HTTP/2 connection with several calls, or several messages of one stream, in flight. */
class GrpcConnection : public Connection {
 public:
  GrpcConnection(Load& load, uint16_t port, GrpcShare share);

  int descriptor() const override { return socket_.descriptor(); }
  void start() override;
  void proceed() override;

 private:
  struct Request {
    unsigned slot;
    uint64_t startedNs;
  };

  struct Stream {
    uint32_t id = 0;
    int64_t windowBytes = 0;
    /** What the windows have not let through yet. */
    std::deque<std::string_view> unsent;
    /** Without their answers yet, the oldest first. */
    std::deque<Request> requests;
    MessageReader messages;
    uint64_t unrefilledBytes = 0;
    bool isAnswered = false;
    std::string problem;
  };

  void send(unsigned slot);
  void openStream(Stream& stream);
  void sendUnsent(Stream& stream);
  void sendAllUnsent();
  void handleFrames();
  void handle(const http2::Frame& frame);
  void handleData(const http2::Frame& frame);
  void handleHeaders(const http2::Frame& frame);
  void handleSettings(const http2::Frame& frame);
  void handleWindowUpdate(const http2::Frame& frame);
  void handleMessage(Stream& stream, std::string_view message);
  void refill(Stream* stream, size_t size);
  void endStream(Stream& stream, const std::string& problem);
  void finishFirst(Stream& stream, const std::string& problem);
  Stream* streamOf(uint32_t id);

  Load& load_;
  Socket socket_;
  GrpcShare share_;
  CallHeaders callHeaders_;
  HpackDecoder hpack_;
  /** One for each slot, or one for all. */
  std::vector<Stream> streams_;
  std::unordered_map<uint32_t, Stream*> openStreams_;
  uint32_t nextStreamId_ = 1;
  int64_t windowBytes_ = http2::kDefaultWindowBytes;
  int64_t initialWindowBytes_ = http2::kDefaultWindowBytes;
  size_t maxFrameBytes_ = http2::kDefaultFrameBytes;
  uint64_t unrefilledBytes_ = 0;
  std::vector<char> buffer_;
  size_t filled_ = 0;
  /** A header block whose end has not come. */
  std::string headerBlock_;
  bool blockEndsStream_ = false;
};
