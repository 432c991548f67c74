#include "sim/config/yaml_document.h"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include "sim/config/config_record.h"

namespace nibble {
namespace {

// Far above any real configuration; a guard against being pointed at a device or a data file.
constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;
constexpr const char* kAllowedStar = "allowed is the value itself, or quoted: \"*.conv3\"";
constexpr const char* kAllowedFile = "allowed is a readable YAML file";

InputPlace place_in(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return {file, 0, 0};
  return {file, mark.line + 1, mark.column + 1};
}

/// Refuses what a configuration has no use for and what could hide a value: aliases (they can also
/// make the tree endless) and tags.
class PlainYaml : public YAML::EventHandler {
 public:
  explicit PlainYaml(const std::string& file) : file_(file) {}
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw BadInput(place_in(file_, mark), "", "is an alias", kAllowedStar);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string&) override {
    check(mark, tag);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check(mark, tag);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check(mark, tag);
  }
  void OnMapEnd() override {}

 private:
  void check(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;  // plain and quoted scalars
    throw BadInput(place_in(file_, mark), "", "has the tag " + tag,
                   "allowed is a value without a tag");
  }
  const std::string& file_;
};

YAML::Node parse_plain(const std::string& text, const std::string& file) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    PlainYaml handler(file);
    if (!parser.HandleNextDocument(handler)) {
      throw bad_file(file, "is empty", "allowed is a YAML map of keys");
    }
    if (parser.HandleNextDocument(handler)) {
      throw bad_file(file, "holds more than one YAML document", "allowed is one");
    }
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    if (error.msg.find(YAML::ErrorMsg::UNKNOWN_ANCHOR) == 0) {  // mostly a pattern of names
      throw BadInput(place_in(file, error.mark), "", "is an alias without a value", kAllowedStar);
    }
    throw BadInput(place_in(file, error.mark), "", "is not YAML: " + error.msg,
                   "allowed is a YAML map of keys");
  }
}

void check_duplicates(const YAML::Node& node, const std::string& path, const std::string& file) {
  if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i)
      check_duplicates(node[i], item_path(path, i), file);
  }
  if (!node.IsMap()) return;
  std::map<std::string, int> first_line;
  for (const auto& entry : node) {
    const InputPlace where = place_in(file, entry.first.Mark());
    if (!entry.first.IsScalar()) {
      throw BadInput(where, path, "has a key that is no word", "allowed are plain words as keys");
    }
    const std::string key = key_path(path, entry.first.Scalar());
    const auto [first, is_new] = first_line.emplace(entry.first.Scalar(), where.line);
    if (!is_new) {
      throw BadInput(where, key,
                     "is given twice (first on line " + std::to_string(first->second) + ")",
                     "allowed is once");
    }
    check_duplicates(entry.second, key, file);
  }
}

YAML::Node checked_tree(const std::string& text, const std::string& file) {
  YAML::Node root = parse_plain(text, file);
  if (!root.IsMap()) {
    throw bad_file(file, root.IsNull() ? "is empty" : "is not a map",
                   "allowed is a YAML map of keys");
  }
  check_duplicates(root, "", file);
  return root;
}

std::string read_text(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw bad_file(file, "is a directory", kAllowedFile);
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw bad_file(file, system_fault("cannot be read", errno), kAllowedFile);
  std::string text;
  char block[4096];
  while (stream.read(block, sizeof block) || stream.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaxFileBytes) throw bad_file(file, "is over 16 MiB", kAllowedFile);
  }
  if (stream.bad()) throw bad_file(file, system_fault("cannot be read", errno), kAllowedFile);
  return text;
}

bool begins_with_path(const std::string& path, const std::string& start) {
  if (path.compare(0, start.size(), start) != 0) return false;
  return path.size() == start.size() || path[start.size()] == '.' || path[start.size()] == '[';
}

YAML::Node override_value(const YamlOverride& change) {
  const std::string allowed = "allowed is a number, a word or a [list]";
  YAML::Node value;
  try {
    value.reset(parse_plain(change.value, change.text));
  } catch (const BadInput& error) {  // lines and columns of an option help nobody
    throw bad_file(change.text, error.fault(), allowed);
  }
  if (value.IsScalar() || value.IsSequence()) return value;
  throw bad_file(change.text, "does not set a value", allowed);
}

std::size_t list_position(const YamlOverride& change, const std::string& path,
                          const std::string& step, std::size_t size) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error == std::errc{} && end == step.data() + step.size() && index < size) return index;
  throw BadInput(
      {change.text, 0, 0}, path, "has no item " + step,
      size == 0 ? "the list is empty" : "allowed are positions 0 to " + std::to_string(size - 1),
      FaultKind::unknown_key);
}

}  // namespace

YamlOverride parse_override(const std::string& text) {
  YamlOverride change;
  change.text = "--set " + text;
  const BadInput fault({change.text, 0, 0}, "", "is not an override", "allowed is KEY.KEY=VALUE");
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw fault;
  change.value = text.substr(equals + 1);
  std::string step;
  bool quoted = false;  // where a dot is part of a key
  for (const char letter : text.substr(0, equals) + ".") {
    if (letter == '"') {
      quoted = !quoted;
    } else if (letter == '.' && !quoted) {
      if (step.empty()) throw fault;
      change.path.push_back(std::exchange(step, ""));
    } else {
      step += letter;
    }
  }
  if (quoted || change.value.empty()) throw fault;
  return change;
}

std::vector<YamlOverride> overrides_under(const std::vector<YamlOverride>& overrides,
                                          const std::string& key) {
  std::vector<YamlOverride> under;
  for (YamlOverride change : overrides) {
    if (change.path.size() < 2 || change.path.front() != key) continue;
    change.path.erase(change.path.begin());
    under.push_back(std::move(change));
  }
  return under;
}

YamlDocument YamlDocument::load(const std::string& file,
                                const std::vector<YamlOverride>& overrides) {
  return parse(read_text(file), file, overrides);
}

struct YamlDocument::Plain {
  std::string text;
  YAML::Node root;
  std::optional<std::string> dump;  // once somebody asked
};

/// A sweep reads most of its files at every point, and parsing ResNet-50 takes 7 ms.
std::shared_ptr<YamlDocument::Plain> YamlDocument::plain_tree(const std::string& text,
                                                              const std::string& file) {
  thread_local std::map<std::string, std::shared_ptr<Plain>> latest;  // by file
  std::shared_ptr<Plain>& known = latest[file];
  if (!known || known->text != text) {
    known = std::make_shared<Plain>(Plain{text, checked_tree(text, file), std::nullopt});
  }
  return known;
}

YamlDocument YamlDocument::parse(const std::string& text, const std::string& file,
                                 const std::vector<YamlOverride>& overrides) {
  YamlDocument document;
  document.file_ = file;
  if (overrides.empty()) {
    document.plain_ = plain_tree(text, file);
    document.root_ = document.plain_->root;
  } else {
    document.root_ = checked_tree(text, file);
  }
  for (const YamlOverride& change : overrides) document.apply(change);
  ConfigRecord::note(document);
  return document;
}

std::string YamlDocument::dump() const {
  if (!plain_) return YAML::Dump(root_);
  if (!plain_->dump) plain_->dump = YAML::Dump(root_);
  return *plain_->dump;
}

InputPlace YamlDocument::place(const std::string& path, const YAML::Node& node) const {
  for (auto change = changed_.rbegin(); change != changed_.rend(); ++change) {
    if (begins_with_path(path, change->path)) return {change->text, 0, 0};
  }
  return node.IsDefined() ? place_in(file_, node.Mark()) : InputPlace{file_, 0, 0};
}

void YamlDocument::apply(const YamlOverride& change) {
  const YAML::Node value = override_value(change);
  YAML::Node node = root_;
  std::string path;
  for (std::size_t i = 0; i < change.path.size(); ++i) {
    const std::string& step = change.path[i];
    const bool last = i + 1 == change.path.size();
    YAML::Node next;
    if (node.IsSequence()) {
      const std::size_t index = list_position(change, path, step, node.size());
      path = item_path(path, index);
      next.reset(node[index]);
    } else if (node.IsMap()) {
      path = key_path(path, step);
      // A key that is not there yet is created; if no reader knows it, finish() refuses it and
      // names this override.
      if (!node[step].IsDefined()) {
        node[step] = YAML::Node(last ? YAML::NodeType::Null : YAML::NodeType::Map);
        changed_.push_back({path, change.text});
      }
      next.reset(node[step]);
    } else {
      throw BadInput({change.text, 0, 0}, path, "is a value, without a key " + step + " below it",
                     "allowed is a path to a value", FaultKind::unknown_key);
    }
    node.reset(next);
  }
  node = value;
  changed_.push_back({path, change.text});
}

std::string key_path(const std::string& parent, const std::string& key) {
  return parent.empty() ? key : parent + "." + key;
}

std::string item_path(const std::string& parent, std::size_t index) {
  return parent + "[" + std::to_string(index) + "]";
}

}  // namespace nibble
