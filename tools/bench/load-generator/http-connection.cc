#include "http-connection.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace {

constexpr size_t kFirstBufferBytes = 16'384;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLengthName = "\r\ncontent-length:";
constexpr std::string_view kSuccess = "HTTP/1.1 200 ";

/** The value of content-length; throws when there is none. */
size_t lengthIn(std::string_view head) {
  size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string_view::npos) {
    const std::string_view line = head.substr(at);
    at += 2;
    if (line.size() < kLengthName.size()) break;
    if (strncasecmp(line.data(), kLengthName.data(), kLengthName.size()) != 0) continue;
    std::string_view value = line.substr(kLengthName.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    size_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    return length;
  }
  throw std::runtime_error("an answer has no content-length: " + std::string(head));
}

}  // namespace

HttpConnection::HttpConnection(Load& load, uint16_t port, SlotRange slots)
    : load_(load), socket_(port), slot_(slots.first), isIdle_(slots.count == 0) {}

void HttpConnection::start() {
  if (isIdle_) return;
  buffer_.resize(kFirstBufferBytes);
  send();
}

void HttpConnection::send() {
  startedNs_ = load_.started();
  socket_.appendUncopied(load_.requests.next(slot_));
  socket_.flush();
}

void HttpConnection::proceed() {
  if (isIdle_) return;
  socket_.flush();
  while (true) {
    const size_t room = buffer_.size() - filled_;
    const size_t count = socket_.read(buffer_.data() + filled_, room);
    filled_ += count;
    const bool isComplete = count > 0 && readAnswer();
    // There was more room than bytes: whatever comes later is announced again.
    if (count < room) return;
    if (!isComplete && filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  }
}

bool HttpConnection::readAnswer() {
  if (headBytes_ == 0 && !readHead()) return false;
  const size_t size = headBytes_ + bodyBytes_;
  if (filled_ < size) return false;
  if (filled_ > size) throw std::runtime_error("an answer is longer than its content-length");
  const std::string_view body(buffer_.data() + headBytes_, bodyBytes_);
  filled_ = 0;
  headBytes_ = 0;
  finish(body);
  return true;
}

bool HttpConnection::readHead() {
  const std::string_view received(buffer_.data(), filled_);
  const size_t end = received.find(kHeadEnd);
  if (end == std::string_view::npos) return false;
  const std::string_view head = received.substr(0, end);
  isSuccess_ = head.substr(0, kSuccess.size()) == kSuccess;
  headBytes_ = end + kHeadEnd.size();
  bodyBytes_ = lengthIn(head);
  if (headBytes_ + bodyBytes_ >= buffer_.size()) buffer_.resize(headBytes_ + bodyBytes_ + 1);
  return true;
}

void HttpConnection::finish(std::string_view body) {
  load_.finished(startedNs_, isSuccess_ ? load_.check.problemOf(body, slot_)
                                        : "refused: " + std::string(body.substr(0, 300)));
  if (load_.requests.hasNext(slot_)) send();
}
