#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/** The value of a field; empty when there is none of this name. */
std::string_view fieldOf(const HeaderFields& fields, std::string_view name);

/** Reads the header blocks of one connection (RFC 7541), all of them and in their order. */
class HpackDecoder {
 public:
  /** Valid until the next call. Throws when the block is malformed. */
  const HeaderFields& decode(std::string_view block);

 private:
  /** What a block meant while the dynamic table had this state. */
  struct Known {
    std::string block;
    uint64_t tableState;
    HeaderFields fields;
  };

  HeaderFields read(std::string_view block);
  std::pair<std::string, std::string> fieldAt(uint64_t index) const;
  void insert(std::pair<std::string, std::string> field);
  void resize(uint64_t maxBytes);

  std::deque<std::pair<std::string, std::string>> table_;
  uint64_t tableBytes_ = 0;
  uint64_t maxTableBytes_ = 4096;
  uint64_t tableState_ = 0;
  std::vector<Known> known_;
};

/**
 * Writes the header block of the calls of one connection: the first time in full, entering its
 * fields in the server's table, then as references to them.
 */
class CallHeaders {
 public:
  explicit CallHeaders(std::string_view path);
  /** For a server whose table has this size; to be called before `next`. */
  void limitTable(uint32_t maxBytes);
  std::string_view next();

 private:
  std::string first_;
  std::string repeated_;
  bool isFirst_ = true;
};
