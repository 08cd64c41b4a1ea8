#include "hpack.h"

#include <array>
#include <stdexcept>

#include "huffman.h"

namespace {

/** RFC 7541, appendix A. Of the values only those of a response's status are needed. */
constexpr std::array<std::string_view, 61> kStaticNames = {
    ":authority", ":method", ":method", ":path", ":path", ":scheme", ":scheme", ":status",
    ":status", ":status", ":status", ":status", ":status", ":status", "accept-charset",
    "accept-encoding", "accept-language", "accept-ranges", "accept", "access-control-allow-origin",
    "age", "allow", "authorization", "cache-control", "content-disposition", "content-encoding",
    "content-language", "content-length", "content-location", "content-range", "content-type",
    "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "last-modified", "link", "location",
    "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh",
    "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding",
    "user-agent", "vary", "via", "www-authenticate"};
constexpr uint64_t kFirstStatus = 8;
constexpr std::array<std::string_view, 7> kStatuses = {"200", "204", "206", "304",
                                                       "400", "404", "500"};
constexpr uint64_t kEntryOverheadBytes = 32;
constexpr size_t kKnownBlocks = 16;

[[noreturn]] void malformed() { throw std::runtime_error("malformed header block"); }

/** RFC 7541, section 5.1: a number whose first byte has this many bits for it. */
uint64_t readInteger(std::string_view& bytes, unsigned prefixBits) {
  if (bytes.empty()) malformed();
  const uint64_t most = (uint64_t{1} << prefixBits) - 1;
  uint64_t value = static_cast<uint8_t>(bytes.front()) & most;
  bytes.remove_prefix(1);
  if (value < most) return value;
  for (unsigned shift = 0; !bytes.empty() && shift < 32; shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value += static_cast<uint64_t>(byte & 127) << shift;
    if (byte < 128) return value;
  }
  malformed();
}

std::string readString(std::string_view& bytes) {
  const bool isHuffman = !bytes.empty() && (bytes.front() & 0x80) != 0;
  const uint64_t length = readInteger(bytes, 7);
  if (length > bytes.size()) malformed();
  const std::string_view text = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return isHuffman ? decodeHuffman(text) : std::string(text);
}

void appendString(std::string& block, std::string_view text) {
  block.push_back(static_cast<char>(text.size()));
  block += text;
}

}  // namespace

std::string_view fieldOf(const HeaderFields& fields, std::string_view name) {
  for (const auto& [fieldName, value] : fields) {
    if (fieldName == name) return value;
  }
  return {};
}

const HeaderFields& HpackDecoder::decode(std::string_view block) {
  for (const Known& known : known_) {
    if (known.tableState == tableState_ && known.block == block) return known.fields;
  }
  const uint64_t stateBefore = tableState_;
  HeaderFields fields = read(block);
  if (known_.size() == kKnownBlocks) known_.clear();
  // One that has changed the table means something else from now on, and so is not found again.
  known_.push_back({std::string(block), stateBefore, std::move(fields)});
  return known_.back().fields;
}

HeaderFields HpackDecoder::read(std::string_view block) {
  HeaderFields fields;
  while (!block.empty()) {
    const auto first = static_cast<uint8_t>(block.front());
    if (first >= 0x80) {
      fields.push_back(fieldAt(readInteger(block, 7)));
    } else if (first >= 0x20 && first < 0x40) {
      resize(readInteger(block, 5));
    } else {
      const bool isIndexed = first >= 0x40;
      const uint64_t index = readInteger(block, isIndexed ? 6 : 4);
      std::string name = index == 0 ? readString(block) : fieldAt(index).first;
      fields.emplace_back(std::move(name), readString(block));
      if (isIndexed) insert(fields.back());
    }
  }
  return fields;
}

std::pair<std::string, std::string> HpackDecoder::fieldAt(uint64_t index) const {
  if (index == 0 || index > kStaticNames.size() + table_.size()) malformed();
  if (index > kStaticNames.size()) return table_[index - kStaticNames.size() - 1];
  const bool isStatus = index >= kFirstStatus && index < kFirstStatus + kStatuses.size();
  const std::string_view value = isStatus ? kStatuses[index - kFirstStatus] : "";
  return {std::string(kStaticNames[index - 1]), std::string(value)};
}

void HpackDecoder::insert(std::pair<std::string, std::string> field) {
  tableState_ += 1;
  tableBytes_ += field.first.size() + field.second.size() + kEntryOverheadBytes;
  table_.push_front(std::move(field));
  resize(maxTableBytes_);
}

void HpackDecoder::resize(uint64_t maxBytes) {
  if (maxBytes != maxTableBytes_) tableState_ += 1;
  maxTableBytes_ = maxBytes;
  while (tableBytes_ > maxBytes) {
    const auto& [name, value] = table_.back();
    tableBytes_ -= name.size() + value.size() + kEntryOverheadBytes;
    table_.pop_back();
  }
}

CallHeaders::CallHeaders(std::string_view path) {
  constexpr char kPostAndHttp[] = "\x83\x86";
  // The low bits are the name's place in the static table; 0 says that the name follows.
  first_ = kPostAndHttp;
  first_.push_back(0x44);
  appendString(first_, path);
  first_.push_back(0x41);
  appendString(first_, "localhost");
  first_.push_back(0x40);
  appendString(first_, "te");
  appendString(first_, "trailers");
  first_.push_back(0x5f);
  appendString(first_, "application/grpc");
  first_.push_back(0x7a);
  appendString(first_, "nereid-load-generator");
  // The five fields are now the entries 66 to 62 of the server's table, the last entered first.
  repeated_ = std::string(kPostAndHttp) + "\xc2\xc1\xc0\xbf\xbe";
}

void CallHeaders::limitTable(uint32_t maxBytes) {
  constexpr uint32_t kNeededBytes = 512;
  if (maxBytes >= kNeededBytes) return;
  // Without room in the table all is written in full, after a note that the table is not used.
  first_.insert(0, 1, 0x20);
  repeated_ = first_;
}

std::string_view CallHeaders::next() {
  if (!isFirst_) return repeated_;
  isFirst_ = false;
  return first_;
}
