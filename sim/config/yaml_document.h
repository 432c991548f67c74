// One YAML file as a checked tree: syntax, duplicate keys, aliases and tags are judged here, and
// `--set` overrides are applied, before any reader asks for a key. Read through YamlMap
// (yaml_reader.h); only that and this know yaml-cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "sim/base/bad_input.h"

namespace nibble {

/// `--set a.b.0.c=value`: a path of keys and list positions, and a YAML scalar or [list].
struct YamlOverride {
  std::vector<std::string> path;
  std::string value;
  std::string text;  // "--set a.b.0.c=value", for errors
};

/// Throws BadInput if `text` is not PATH=VALUE. A path's keys are parted by dots; one that holds a
/// dot itself stands in double quotes.
[[nodiscard]] YamlOverride parse_override(const std::string& text);

/// The overrides whose path begins with `key`, without it: an experiment hands "chip.clock_mhz=800"
/// to the reader of the chip's own file as "clock_mhz=800".
[[nodiscard]] std::vector<YamlOverride> overrides_under(const std::vector<YamlOverride>& overrides,
                                                        const std::string& key);

class YamlDocument {
 public:
  YamlDocument(const YamlDocument&) = default;
  /// Assigning would write to a tree that others share: yaml-cpp's nodes are handles.
  YamlDocument& operator=(const YamlDocument&) = delete;

  /// Throws BadInput for a missing file, a directory, an empty file, bad syntax, a duplicate key,
  /// an alias or tag, a second document, or an override that fits nowhere.
  static YamlDocument load(const std::string& file, const std::vector<YamlOverride>& overrides);
  /// The same from a text; `file` is what errors call it.
  static YamlDocument parse(const std::string& text, const std::string& file,
                            const std::vector<YamlOverride>& overrides);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const YAML::Node& root() const { return root_; }
  /// Where a node stands; `path` ("layers[3].kernel") tells whether an override put it there.
  [[nodiscard]] InputPlace place(const std::string& path, const YAML::Node& node) const;
  /// The tree as YAML: with what overrides changed, without comments.
  [[nodiscard]] std::string dump() const;

 private:
  YamlDocument() = default;
  /// As the file says it, without overrides, and shared by all documents of a text. Nobody changes
  /// it: root() is const, and asking a const node for a key creates nothing.
  struct Plain;
  struct Changed {
    std::string path;
    std::string text;
  };
  void apply(const YamlOverride& change);
  static std::shared_ptr<Plain> plain_tree(const std::string& text, const std::string& file);

  std::string file_;
  YAML::Node root_;
  std::vector<Changed> changed_;
  std::shared_ptr<Plain> plain_;  // without overrides
};

/// "a" + "b" = "a.b", "" + "b" = "b".
[[nodiscard]] std::string key_path(const std::string& parent, const std::string& key);
/// "a" + 3 = "a[3]".
[[nodiscard]] std::string item_path(const std::string& parent, std::size_t index);

}  // namespace nibble
