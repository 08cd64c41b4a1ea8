#pragma once

#include <string_view>

/** Whether the first "data" array of the text has exactly these FP32 values. */
bool hasJsonData(std::string_view text, std::string_view expectedFloats);
