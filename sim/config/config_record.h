// What a run depends on, as text: every configuration file that was read for it.
#pragma once

#include <string>

#include "sim/config/yaml_document.h"

namespace nibble {

/// While it lives, every YamlDocument that is made is written down, with what overrides changed and
/// without comments, whichever reader asked for it: no reader can be forgotten. One at a time.
class ConfigRecord {
 public:
  ConfigRecord();
  ~ConfigRecord();
  ConfigRecord(const ConfigRecord&) = delete;
  ConfigRecord& operator=(const ConfigRecord&) = delete;

  /// Of all so far, each behind its file's name without folders: the same in every checkout.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// For YamlDocument: writes it down if a record lives.
  static void note(const YamlDocument& document);

 private:
  std::string text_;
};

}  // namespace nibble
