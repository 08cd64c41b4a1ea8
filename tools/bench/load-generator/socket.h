#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/** A TCP connection that never waits, to a port of this machine. */
class Socket {
 public:
  explicit Socket(uint16_t port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }

  /** Bytes that are to be sent, which are copied. */
  void append(std::string_view bytes);
  /** Bytes that are to be sent, which stay what and where they are until they are. */
  void appendUncopied(std::string_view bytes);
  /** Sends as much as the kernel takes. */
  void flush();
  /** Bytes read into the memory; 0 when there are none yet. Throws when the server has closed. */
  size_t read(char* memory, size_t size);

 private:
  /** Bytes elsewhere, or when `bytes` is null those of `copied_` at the offset. */
  struct Segment {
    const char* bytes;
    size_t offset;
    size_t size;
  };

  void removeSent(size_t size);

  int descriptor_;
  std::string copied_;
  std::vector<Segment> segments_;
  size_t firstSegment_ = 0;
};
