#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/** The content of the first field with this number, which is of strings, bytes or messages. */
std::optional<std::string_view> protobufField(std::string_view message, uint32_t number);
