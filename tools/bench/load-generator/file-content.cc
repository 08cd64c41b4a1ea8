#include "file-content.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

std::string fileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
