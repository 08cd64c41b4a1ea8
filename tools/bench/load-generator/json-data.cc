#include "json-data.h"

#include <charconv>
#include <cstring>

namespace {

constexpr std::string_view kSeparators = " \t\r\n,";

/** What follows the bracket of the first "data" array; empty when there is none. */
std::string_view arrayIn(std::string_view text) {
  const size_t key = text.find("\"data\"");
  if (key == std::string_view::npos) return {};
  const size_t bracket = text.find('[', key);
  return bracket == std::string_view::npos ? std::string_view{} : text.substr(bracket + 1);
}

std::string_view withoutSeparators(std::string_view text) {
  const size_t start = text.find_first_not_of(kSeparators);
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

}  // namespace

bool hasJsonData(std::string_view text, std::string_view expectedFloats) {
  std::string_view rest = withoutSeparators(arrayIn(text));
  for (size_t at = 0; at < expectedFloats.size(); at += sizeof(float)) {
    float expected;
    std::memcpy(&expected, expectedFloats.data() + at, sizeof expected);
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || static_cast<float>(value) != expected) return false;
    rest = withoutSeparators(rest.substr(static_cast<size_t>(end - rest.data())));
  }
  return !rest.empty() && rest.front() == ']';
}
