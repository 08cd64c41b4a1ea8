#pragma once

#include <string>

/** All bytes of a file; throws when it cannot be read. */
std::string fileContent(const std::string& path);
