#include "protobuf-fields.h"

namespace {

constexpr uint64_t kVarint = 0;
constexpr uint64_t kFixed64 = 1;
constexpr uint64_t kLengthDelimited = 2;
constexpr uint64_t kFixed32 = 5;

std::optional<uint64_t> readVarint(std::string_view& bytes) {
  uint64_t value = 0;
  for (size_t index = 0; index < bytes.size() && index < 10; ++index) {
    const auto byte = static_cast<uint8_t>(bytes[index]);
    value |= static_cast<uint64_t>(byte & 127) << (7 * index);
    if (byte > 127) continue;
    bytes.remove_prefix(index + 1);
    return value;
  }
  return std::nullopt;
}

/** Bytes that the value of a field occupies; a varint's are read on the way. */
std::optional<uint64_t> valueBytes(std::string_view& bytes, uint64_t wireType) {
  if (wireType == kFixed64) return 8;
  if (wireType == kFixed32) return 4;
  const auto number = readVarint(bytes);
  if (!number || wireType == kLengthDelimited) return number;
  return wireType == kVarint ? std::optional<uint64_t>(0) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> protobufField(std::string_view message, uint32_t number) {
  while (!message.empty()) {
    const auto tag = readVarint(message);
    if (!tag) return std::nullopt;
    const auto length = valueBytes(message, *tag & 7);
    if (!length || *length > message.size()) return std::nullopt;
    if (*tag == (uint64_t{number} << 3 | kLengthDelimited)) return message.substr(0, *length);
    message.remove_prefix(*length);
  }
  return std::nullopt;
}
