#include "huffman.h"

#include <array>
#include <cstdint>
#include <stdexcept>

namespace {

constexpr unsigned kSymbols = 257;
constexpr unsigned kMaxBits = 30;

/** Bits of each byte's code and of the end of a string. The code is canonical: they tell it all. */
constexpr std::array<uint8_t, kSymbols> kCodeBits = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28,
    30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11,
    8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6,
    6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20,
    22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
    22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23,
    22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26,
    28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27,
    26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

/** Of the codes with the same number of bits. */
struct CodeGroup {
  uint32_t firstCode = 0;
  uint32_t count = 0;
  /** Where its symbols begin in the list of all, which is ordered by code. */
  uint32_t firstSymbol = 0;
};

struct Code {
  std::array<CodeGroup, kMaxBits + 1> groups;
  std::array<uint16_t, kSymbols> symbols;
};

Code makeCode() {
  Code code;
  uint32_t nextCode = 0;
  uint32_t nextSymbol = 0;
  for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
    nextCode <<= 1;
    CodeGroup& group = code.groups[bits];
    group = {nextCode, 0, nextSymbol};
    for (unsigned symbol = 0; symbol < kSymbols; ++symbol) {
      if (kCodeBits[symbol] != bits) continue;
      code.symbols[nextSymbol++] = static_cast<uint16_t>(symbol);
      group.count += 1;
    }
    nextCode += group.count;
  }
  return code;
}

}  // namespace

std::string decodeHuffman(std::string_view bytes) {
  static const Code code = makeCode();
  std::string text;
  uint32_t value = 0;
  unsigned bits = 0;
  for (size_t index = 0; index < bytes.size() * 8; ++index) {
    const auto byte = static_cast<uint8_t>(bytes[index / 8]);
    value = value << 1 | (byte >> (7 - index % 8) & 1);
    bits += 1;
    if (bits > kMaxBits) throw std::runtime_error("a header field has a wrong Huffman code");
    const CodeGroup& group = code.groups[bits];
    if (value - group.firstCode >= group.count) continue;
    text.push_back(static_cast<char>(code.symbols[group.firstSymbol + value - group.firstCode]));
    value = 0;
    bits = 0;
  }
  return text;
}
