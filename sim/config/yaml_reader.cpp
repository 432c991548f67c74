#include "sim/config/yaml_reader.h"

#include <algorithm>

#include "sim/config/nearest_word.h"
#include "sim/config/yaml_scalar.h"

namespace nibble {

struct YamlMap::State {
  std::shared_ptr<const YamlDocument> document;
  std::string path;
  YAML::Node node;
  std::vector<std::string> known, was_read;
  std::vector<std::shared_ptr<State>> below;

  void ask(const std::string& key) {
    if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
  }
};

namespace {

/// The node whose place stands for a key: its value, or the key itself where the value is empty
/// (`key:`), since YAML places that where the next key begins.
YAML::Node place_node(const YAML::Node& map, const std::string& key) {
  for (const auto& entry : map) {
    if (entry.first.Scalar() == key) return entry.second.IsNull() ? entry.first : entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

/// The value of a key; an undefined node if it is not given.
YAML::Node find(const YAML::Node& map, const std::string& key) {
  for (const auto& entry : map) {
    if (entry.first.Scalar() == key) return entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

}  // namespace

YamlMap YamlMap::load(const std::string& file, const std::vector<YamlOverride>& overrides) {
  auto document = std::make_shared<const YamlDocument>(YamlDocument::load(file, overrides));
  const YAML::Node root = document->root();
  return YamlMap(std::make_shared<State>(State{std::move(document), "", root, {}, {}, {}}));
}

YamlMap YamlMap::parse(const std::string& text, const std::string& file,
                       const std::vector<YamlOverride>& overrides) {
  auto document = std::make_shared<const YamlDocument>(YamlDocument::parse(text, file, overrides));
  const YAML::Node root = document->root();
  return YamlMap(std::make_shared<State>(State{std::move(document), "", root, {}, {}, {}}));
}

bool YamlMap::has(const std::string& key) const {
  state_->ask(key);
  return find(state_->node, key).IsDefined();
}

bool YamlMap::is_list(const std::string& key) const {
  return has(key) && find(state_->node, key).IsSequence();
}

bool YamlMap::is_map(const std::string& key) const {
  return has(key) && find(state_->node, key).IsMap();
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : state_->node) keys.push_back(entry.first.Scalar());
  return keys;
}

YAML::Node YamlMap::read(const std::string& key, const std::string& allowed) const {
  state_->ask(key);
  YAML::Node value = find(state_->node, key);
  if (!value.IsDefined()) throw error(key, "is missing", allowed);
  if (value.IsNull()) throw error(key, "is empty", allowed);
  state_->was_read.push_back(key);
  return value;
}

std::int64_t YamlMap::integer(const std::string& key, std::int64_t min, std::int64_t max) const {
  const YAML::Node node = read(key, allowed_integer(min, max));
  return read_integer({*state_->document, key_path(state_->path, key), node}, min, max);
}

std::int64_t YamlMap::integer_or(const std::string& key, std::int64_t otherwise, std::int64_t min,
                                 std::int64_t max) const {
  return has(key) ? integer(key, min, max) : otherwise;
}

double YamlMap::number(const std::string& key, double min, double max) const {
  const YAML::Node node = read(key, allowed_number(min, max));
  return read_number({*state_->document, key_path(state_->path, key), node}, min, max);
}

double YamlMap::number_or(const std::string& key, double otherwise, double min, double max) const {
  return has(key) ? number(key, min, max) : otherwise;
}

std::string YamlMap::string(const std::string& key) const {
  const YAML::Node node = read(key, "allowed is a text");
  return read_string({*state_->document, key_path(state_->path, key), node});
}

std::string YamlMap::string_or(const std::string& key, const std::string& otherwise) const {
  return has(key) ? string(key) : otherwise;
}

bool YamlMap::boolean(const std::string& key) const {
  const YAML::Node node = read(key, "allowed are true and false");
  return read_boolean({*state_->document, key_path(state_->path, key), node});
}

bool YamlMap::boolean_or(const std::string& key, bool otherwise) const {
  return has(key) ? boolean(key) : otherwise;
}

YamlMap YamlMap::map(const std::string& key) const {
  const YAML::Node node = read(key, "allowed is a map");
  if (!node.IsMap()) throw error(key, "is not a map", "allowed is {KEY: VALUE, ...}");
  auto below = std::make_shared<State>(
      State{state_->document, key_path(state_->path, key), node, {}, {}, {}});
  state_->below.push_back(below);
  return YamlMap(std::move(below));
}

std::optional<YamlMap> YamlMap::optional_map(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  return map(key);
}

YamlList YamlMap::list(const std::string& key) const {
  const YAML::Node node = read(key, "allowed is a list");
  if (!node.IsSequence()) throw error(key, "is not a list", "allowed is [ITEM, ...]");
  return {state_, key_path(state_->path, key), node};
}

std::optional<YamlList> YamlMap::optional_list(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  return list(key);
}

std::size_t YamlMap::choice(const std::string& key, const std::vector<std::string>& words) const {
  const YAML::Node node = read(key, allowed_words(words));
  const std::string word = read_string({*state_->document, key_path(state_->path, key), node});
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    throw BadInput(place(key), key_path(state_->path, key),
                   unknown_fault("value " + word, word, words), allowed_words(words),
                   FaultKind::bad_value);
  }
  return static_cast<std::size_t>(found - words.begin());
}

void YamlMap::finish() const {
  for (const auto& entry : state_->node) {
    const std::string& key = entry.first.Scalar();
    const auto& done = state_->was_read;
    if (std::find(done.begin(), done.end(), key) != done.end()) continue;
    const std::string path = key_path(state_->path, key);
    throw BadInput(state_->document->place(path, entry.first), path,
                   unknown_fault("key", key, state_->known), allowed_words(state_->known),
                   FaultKind::unknown_key);
  }
  for (const auto& below : state_->below) YamlMap(below).finish();
}

const std::string& YamlMap::file() const { return state_->document->file(); }

std::string YamlMap::text() const { return YAML::Dump(state_->node) + "\n"; }

InputPlace YamlMap::place(const std::string& key) const {
  const YAML::Node value = place_node(state_->node, key);
  if (!value.IsDefined()) return state_->document->place(state_->path, state_->node);
  return state_->document->place(key_path(state_->path, key), value);
}

BadInput YamlMap::error(const std::string& key, const std::string& fault,
                        const std::string& allowed) const {
  return {place(key), key.empty() ? state_->path : key_path(state_->path, key), fault, allowed};
}

YamlMap YamlList::map(std::size_t index) const {
  const YAML::Node node = node_[index];
  if (!node.IsMap()) throw error(index, "is not a map", "allowed is {KEY: VALUE, ...}");
  auto below = std::make_shared<YamlMap::State>(
      YamlMap::State{owner_->document, item_path(path_, index), node, {}, {}, {}});
  owner_->below.push_back(below);
  return YamlMap(std::move(below));
}

std::string YamlList::string(std::size_t index) const {
  const YAML::Node node = node_[index];
  return read_string({*owner_->document, item_path(path_, index), node});
}

std::int64_t YamlList::integer(std::size_t index, std::int64_t min, std::int64_t max) const {
  const YAML::Node node = node_[index];
  return read_integer({*owner_->document, item_path(path_, index), node}, min, max);
}

double YamlList::number(std::size_t index, double min, double max) const {
  const YAML::Node node = node_[index];
  return read_number({*owner_->document, item_path(path_, index), node}, min, max);
}

InputPlace YamlList::place(std::size_t index) const {
  return owner_->document->place(item_path(path_, index), node_[index]);
}

BadInput YamlList::error(std::size_t index, const std::string& fault,
                         const std::string& allowed) const {
  if (index >= node_.size()) return {owner_->document->place(path_, node_), path_, fault, allowed};
  const std::string path = item_path(path_, index);
  return {owner_->document->place(path, node_[index]), path, fault, allowed};
}

}  // namespace nibble
