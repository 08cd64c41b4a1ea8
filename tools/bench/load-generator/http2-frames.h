#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/** The part of HTTP/2 framing (RFC 9113) that a gRPC client needs. */
namespace http2 {

constexpr size_t kFrameHeaderBytes = 9;
constexpr uint32_t kDefaultWindowBytes = 65'535;
constexpr uint32_t kMaxWindowBytes = 0x7fffffff;
constexpr uint32_t kDefaultFrameBytes = 16'384;

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

constexpr uint8_t kAck = 1;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr uint8_t kPadded = 8;
constexpr uint8_t kPriority = 32;

constexpr uint16_t kHeaderTableSize = 1;
constexpr uint16_t kInitialWindowSize = 4;
constexpr uint16_t kMaxFrameSize = 5;

struct Frame {
  uint8_t type;
  uint8_t flags;
  uint32_t streamId;
  std::string_view content;
};

/** A frame's header; its content of this many bytes is to follow. */
std::string frameHeader(const Frame& frame, size_t contentBytes);
std::string wholeFrame(const Frame& frame);
std::string windowUpdate(uint32_t streamId, uint32_t increment);
/** What a client begins with: both windows as large as they get, so that answers never wait. */
std::string opening();
/** The first 32 bits, without the reserved one. */
uint32_t number31(std::string_view bytes);
uint32_t number32(std::string_view bytes);
/** Takes the frame that the bytes begin with off them; false when it is not complete. */
bool takeFrame(std::string_view& bytes, Frame& frame);
/** What is left of DATA or HEADERS without padding and priority. */
std::string_view unpadded(const Frame& frame);

}  // namespace http2
