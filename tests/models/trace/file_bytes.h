// Sound files to be damaged by the tests: take a container apart, change it, put it together again
// with correct sums, so that a check behind the sums is what must refuse it.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "models/trace/safetensors.h"

namespace nibble::test {

inline std::string header_of(const std::string& bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return bytes.substr(8, length);
}

/// The file with another header text; the data stays.
inline std::string with_header(const std::string& bytes, const std::string& header) {
  std::string result;
  for (std::size_t i = 0; i < 8; ++i) {
    result.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xFF));
  }
  return result + header + bytes.substr(8 + header_of(bytes).size());
}

using JsonChange = std::function<void(nlohmann::json&)>;

/// Changes the container's header.
inline std::string change_header(const std::string& bytes, const JsonChange& change) {
  nlohmann::json header = nlohmann::json::parse(header_of(bytes));
  change(header);
  return with_header(bytes, header.dump());
}

/// Changes the document in the metadata and its sum.
inline std::string change_document(const std::string& bytes, const JsonChange& change) {
  return change_header(bytes, [&](nlohmann::json& header) {
    nlohmann::json& metadata = header["__metadata__"];
    nlohmann::json document = nlohmann::json::parse(metadata["nibblesim"].get<std::string>());
    change(document);
    metadata["nibblesim"] = document.dump();
    metadata["json_crc32"] = crc32_text(document.dump());
  });
}

}  // namespace nibble::test
