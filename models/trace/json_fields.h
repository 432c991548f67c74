// Typed access to the JSON document of a trace or weight file, with one clear TraceError for a
// missing or ill-typed field. `where` names the object, for example "operations[3]".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/formats/names.h"
#include "models/layers/network_weights.h"

namespace nibble {

class JsonFields {
 public:
  /// The document's root; throws TraceError if `text` is no JSON object with that schema.
  [[nodiscard]] static JsonFields document(const std::string& file, const std::string& text,
                                           const std::string& schema);

  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] std::int64_t integer(const char* key, std::int64_t least, std::int64_t most) const;
  [[nodiscard]] double number(const char* key) const;  // finite
  /// A finite binary32 number: the shortest decimal of its binary64 comes back exactly.
  [[nodiscard]] float binary32(const char* key) const;
  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }
  [[nodiscard]] JsonFields object(const char* key) const;
  /// All of it, its keys in the order of their bytes.
  [[nodiscard]] std::string json() const { return object_.dump(); }
  [[nodiscard]] std::vector<JsonFields> list(const char* key) const;
  /// Index of the field's text in `words`; an error lists the words.
  [[nodiscard]] std::size_t choice(const char* key, const std::vector<std::string>& words) const;
  template <typename Enum, std::size_t kNames>
  [[nodiscard]] Enum one_of(const char* key, const Named<Enum> (&names)[kNames]) const {
    std::vector<std::string> words;
    words.reserve(kNames);
    for (const auto& [name, value] : names) words.emplace_back(name);
    return names[choice(key, words)].second;
  }

  [[noreturn]] void fail(const std::string& fault) const;

 private:
  JsonFields(std::string file, std::string where, nlohmann::json object);
  [[nodiscard]] const nlohmann::json& at(const char* key) const;

  std::string file_, where_;
  nlohmann::json object_;
};

[[nodiscard]] nlohmann::json accuracy_json(const Accuracy& accuracy);
[[nodiscard]] Accuracy accuracy_from(const JsonFields& fields);

}  // namespace nibble
