// Strict reading of a YAML map: every value is checked for kind and range when it is read, every
// error is a BadInput with file, line and column, and finish() refuses keys that nobody asked for.
//
//   YamlMap chip = YamlMap::load("configs/chips/edge.yaml", overrides);
//   const auto lanes = chip.integer("lanes", 16, 64);
//   const auto engine = chip.one_of<Engine>("engine", {{"rtl", Engine::rtl}, ...});
//   chip.finish();   // also of every map and list handed out below it
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/formats/names.h"
#include "sim/config/yaml_document.h"

namespace nibble {

class YamlList;

/// Copies share what has been read.
class YamlMap {
 public:
  static YamlMap load(const std::string& file, const std::vector<YamlOverride>& overrides = {});
  static YamlMap parse(const std::string& text, const std::string& file,
                       const std::vector<YamlOverride>& overrides = {});

  /// Whether the key is given. It counts as known, but not as read.
  [[nodiscard]] bool has(const std::string& key) const;
  /// Whether the key is given and holds a list: for keys that may also hold something else.
  [[nodiscard]] bool is_list(const std::string& key) const;
  /// The same of a map.
  [[nodiscard]] bool is_map(const std::string& key) const;
  /// All keys in the file's order, for maps whose keys are names; they still have to be read.
  [[nodiscard]] std::vector<std::string> keys() const;

  // Required keys; the ..._or forms take a default for a key that is not given. Bounds inclusive.
  std::int64_t integer(const std::string& key, std::int64_t min, std::int64_t max) const;
  std::int64_t integer_or(const std::string& key, std::int64_t otherwise, std::int64_t min,
                          std::int64_t max) const;
  double number(const std::string& key, double min, double max) const;
  double number_or(const std::string& key, double otherwise, double min, double max) const;
  std::string string(const std::string& key) const;
  std::string string_or(const std::string& key, const std::string& otherwise) const;
  bool boolean(const std::string& key) const;
  bool boolean_or(const std::string& key, bool otherwise) const;
  YamlMap map(const std::string& key) const;
  std::optional<YamlMap> optional_map(const std::string& key) const;
  YamlList list(const std::string& key) const;
  std::optional<YamlList> optional_list(const std::string& key) const;

  template <typename Enum, std::size_t kNames>
  Enum one_of(const std::string& key, const Named<Enum> (&names)[kNames]) const {
    std::vector<std::string> words;
    words.reserve(kNames);
    for (const auto& [name, value] : names) words.emplace_back(name);
    return names[choice(key, words)].second;
  }
  template <typename Enum, std::size_t kNames>
  Enum one_of_or(const std::string& key, Enum otherwise, const Named<Enum> (&names)[kNames]) const {
    return has(key) ? one_of(key, names) : otherwise;
  }
  /// Of a table whose rows have a `name`.
  template <typename Row, std::size_t kRows>
  const Row& row_of(const std::string& key, const std::array<Row, kRows>& rows) const {
    std::vector<std::string> words;
    words.reserve(kRows);
    for (const Row& row : rows) words.emplace_back(row.name);
    return rows[choice(key, words)];
  }

  /// Throws if this map, or one handed out below it, holds a key that was not read.
  void finish() const;

  [[nodiscard]] const std::string& file() const;
  /// As YAML, with what overrides have changed and without comments: another file that reads alike.
  [[nodiscard]] std::string text() const;
  /// Where the key's value stands; of the map itself if the key is not given or "".
  [[nodiscard]] InputPlace place(const std::string& key = {}) const;
  /// For faults that only the caller can see: `throw map.error("lanes", "65 is odd", "allowed
  /// ...")`.
  [[nodiscard]] BadInput error(const std::string& key, const std::string& fault,
                               const std::string& allowed = {}) const;

 private:
  friend class YamlList;
  struct State;
  explicit YamlMap(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::size_t choice(const std::string& key, const std::vector<std::string>& words) const;
  YAML::Node read(const std::string& key, const std::string& allowed) const;

  std::shared_ptr<State> state_;
};

/// A list; every item is expected to be read by its caller.
class YamlList {
 public:
  [[nodiscard]] std::size_t size() const { return node_.size(); }
  [[nodiscard]] YamlMap map(std::size_t index) const;
  [[nodiscard]] std::string string(std::size_t index) const;
  [[nodiscard]] std::int64_t integer(std::size_t index, std::int64_t min, std::int64_t max) const;
  [[nodiscard]] double number(std::size_t index, double min, double max) const;
  [[nodiscard]] InputPlace place(std::size_t index) const;
  /// An error at an item, or at the list itself if it has no such item.
  [[nodiscard]] BadInput error(std::size_t index, const std::string& fault,
                               const std::string& allowed = {}) const;

 private:
  friend class YamlMap;
  YamlList(std::shared_ptr<YamlMap::State> owner, std::string path, const YAML::Node& node)
      : owner_(std::move(owner)), path_(std::move(path)), node_(node) {}

  std::shared_ptr<YamlMap::State> owner_;  // the map that holds the list: finish() looks there
  std::string path_;
  YAML::Node node_;
};

}  // namespace nibble
