#include "sim/html/json_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace nibble {
namespace {

/// Where the byte (1 is the first) at which a reader stopped stands.
InputPlace place_of(const std::string& file, const std::string& text, std::size_t byte) {
  const std::size_t before = std::min(byte == 0 ? 0 : byte - 1, text.size());
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(before);
  const std::size_t line_begin = text.rfind('\n', before == 0 ? 0 : before - 1);
  const std::size_t column = line_begin == std::string::npos ? before + 1 : before - line_begin;
  return {file, 1 + static_cast<int>(std::count(text.begin(), end, '\n')),
          static_cast<int>(column)};
}

/// "[json.exception.out_of_range.403] key 'chip' not found" -> "key 'chip' not found".
std::string words_of(const Json::exception& fault) {
  const std::string words = fault.what();
  const std::size_t bracket = words.find("] ");
  return bracket == std::string::npos ? words : words.substr(bracket + 2);
}

}  // namespace

std::string read_text(const std::string& file) {
  if (std::filesystem::is_directory(file)) {
    throw bad_file(file, "is a directory", "allowed is a readable file");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.is_open() || stream.bad()) {
    throw bad_file(file, system_fault("cannot be read", errno), "allowed is a readable file");
  }
  return text;
}

Json read_json(const std::string& file, const std::string& schema) {
  const std::string text = read_text(file);
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& fault) {
    throw BadInput(place_of(file, text, fault.byte), "", "is no JSON here",
                   "allowed is a whole file of schema " + schema);
  }
  const std::string allowed = "allowed is " + schema;
  if (!json.is_object() || !json.contains("schema")) {
    throw BadInput({file, 0, 0}, "schema", "is missing", allowed);
  }
  if (json.at("schema") != schema) {
    throw BadInput({file, 0, 0}, "schema", json.at("schema").dump() + " is another one", allowed);
  }
  return json;
}

BadInput lacks_part(const std::string& file, const Json::exception& fault) {
  return bad_file(file, "lacks a part of its schema: " + words_of(fault),
                  "allowed is a file as this version of nibblesim writes it");
}

}  // namespace nibble
