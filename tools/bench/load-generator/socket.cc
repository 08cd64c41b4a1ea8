#include "socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace {

constexpr size_t kSegmentsAtOnce = 64;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

Socket::Socket(uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect");
  }
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

Socket::~Socket() { close(descriptor_); }

void Socket::append(std::string_view bytes) {
  const bool extendsLast = segments_.size() > firstSegment_ && segments_.back().bytes == nullptr;
  if (extendsLast) {
    segments_.back().size += bytes.size();
  } else {
    segments_.push_back({nullptr, copied_.size(), bytes.size()});
  }
  copied_ += bytes;
}

void Socket::appendUncopied(std::string_view bytes) {
  segments_.push_back({bytes.data(), 0, bytes.size()});
}

void Socket::flush() {
  while (firstSegment_ < segments_.size()) {
    std::array<iovec, kSegmentsAtOnce> parts;
    const size_t count = std::min(parts.size(), segments_.size() - firstSegment_);
    for (size_t index = 0; index < count; ++index) {
      const Segment& segment = segments_[firstSegment_ + index];
      const char* base = segment.bytes == nullptr ? copied_.data() : segment.bytes;
      parts[index] = {const_cast<char*>(base + segment.offset), segment.size};
    }
    const ssize_t sent = writev(descriptor_, parts.data(), static_cast<int>(count));
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) fail("cannot send");
    removeSent(static_cast<size_t>(sent));
  }
  segments_.clear();
  firstSegment_ = 0;
  copied_.clear();
}

void Socket::removeSent(size_t size) {
  while (size > 0) {
    Segment& segment = segments_[firstSegment_];
    const size_t part = std::min(size, segment.size);
    segment.offset += part;
    segment.size -= part;
    size -= part;
    if (segment.size == 0) firstSegment_ += 1;
  }
}

size_t Socket::read(char* memory, size_t size) {
  const ssize_t count = recv(descriptor_, memory, size, 0);
  if (count > 0) return static_cast<size_t>(count);
  if (count == 0) throw std::runtime_error("the server closed the connection");
  if (errno != EAGAIN) fail("cannot read");
  return 0;
}
