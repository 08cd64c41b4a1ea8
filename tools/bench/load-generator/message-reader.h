#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/** Finds the length-prefixed messages in the bytes of a gRPC stream, wherever its frames end. */
class MessageReader {
 public:
  void clear() { partial_.clear(); }

  /** Calls `handle` with each message that is complete with these bytes. */
  template <typename Handle>
  void read(std::string_view bytes, Handle handle) {
    if (partial_.empty()) {
      // The usual case, a frame with whole messages, copies nothing.
      takeWhole(bytes, handle);
      partial_ = bytes;
      return;
    }
    partial_ += bytes;
    std::string_view all = partial_;
    takeWhole(all, handle);
    partial_.erase(0, partial_.size() - all.size());
  }

 private:
  static constexpr size_t kPrefixBytes = 5;

  template <typename Handle>
  static void takeWhole(std::string_view& bytes, Handle handle) {
    while (bytes.size() >= kPrefixBytes) {
      if (bytes[0] != 0) throw std::runtime_error("an answer is compressed");
      size_t size = 0;
      for (size_t index = 1; index < kPrefixBytes; ++index) {
        size = size << 8 | static_cast<uint8_t>(bytes[index]);
      }
      if (bytes.size() < kPrefixBytes + size) return;
      handle(bytes.substr(kPrefixBytes, size));
      bytes.remove_prefix(kPrefixBytes + size);
    }
  }

  std::string partial_;
};
