#include "http2-frames.h"

#include <stdexcept>

namespace http2 {

namespace {

std::string bigEndian(uint64_t value, int byteCount) {
  std::string bytes;
  for (int shift = (byteCount - 1) * 8; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

uint32_t byteAt(std::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes.at(index));
}

}  // namespace

std::string frameHeader(const Frame& frame, size_t contentBytes) {
  // Nine bytes fit the string itself, so that none of this allocates.
  std::string header(kFrameHeaderBytes, '\0');
  header[0] = static_cast<char>(contentBytes >> 16);
  header[1] = static_cast<char>(contentBytes >> 8);
  header[2] = static_cast<char>(contentBytes);
  header[3] = static_cast<char>(frame.type);
  header[4] = static_cast<char>(frame.flags);
  for (size_t index = 0; index < 4; ++index) {
    header[5 + index] = static_cast<char>(frame.streamId >> (24 - 8 * index));
  }
  return header;
}

std::string wholeFrame(const Frame& frame) {
  return frameHeader(frame, frame.content.size()) + std::string(frame.content);
}

std::string windowUpdate(uint32_t streamId, uint32_t increment) {
  return wholeFrame({kWindowUpdate, 0, streamId, bigEndian(increment, 4)});
}

std::string opening() {
  const std::string setting = bigEndian(kInitialWindowSize, 2) + bigEndian(kMaxWindowBytes, 4);
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + wholeFrame({kSettings, 0, 0, setting}) +
         windowUpdate(0, kMaxWindowBytes - kDefaultWindowBytes);
}

uint32_t number32(std::string_view bytes) {
  return byteAt(bytes, 0) << 24 | byteAt(bytes, 1) << 16 | byteAt(bytes, 2) << 8 |
         byteAt(bytes, 3);
}

uint32_t number31(std::string_view bytes) { return number32(bytes) & 0x7fffffff; }

bool takeFrame(std::string_view& bytes, Frame& frame) {
  if (bytes.size() < kFrameHeaderBytes) return false;
  const size_t size = byteAt(bytes, 0) << 16 | byteAt(bytes, 1) << 8 | byteAt(bytes, 2);
  if (size > kDefaultFrameBytes) throw std::runtime_error("a frame is larger than allowed");
  if (bytes.size() < kFrameHeaderBytes + size) return false;
  frame.type = static_cast<uint8_t>(bytes[3]);
  frame.flags = static_cast<uint8_t>(bytes[4]);
  frame.streamId = number31(bytes.substr(5));
  frame.content = bytes.substr(kFrameHeaderBytes, size);
  bytes.remove_prefix(kFrameHeaderBytes + size);
  return true;
}

std::string_view unpadded(const Frame& frame) {
  std::string_view content = frame.content;
  size_t paddingBytes = 0;
  if (frame.flags & kPadded) {
    paddingBytes = byteAt(content, 0);
    content.remove_prefix(1);
  }
  if (frame.type == kHeaders && (frame.flags & kPriority)) content = content.substr(5);
  if (paddingBytes > content.size()) throw std::runtime_error("a frame has wrong padding");
  return content.substr(0, content.size() - paddingBytes);
}

}  // namespace http2
