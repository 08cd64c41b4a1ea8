#pragma once

#include <string>
#include <string_view>

/** The text that RFC 7541, appendix B, encodes so; throws when the bytes encode none. */
std::string decodeHuffman(std::string_view bytes);
