#include "sim/config/config_record.h"

#include <filesystem>
#include <stdexcept>

namespace nibble {
namespace {

ConfigRecord*& living() {
  static ConfigRecord* record = nullptr;
  return record;
}

}  // namespace

ConfigRecord::ConfigRecord() {
  if (living() != nullptr) throw std::logic_error("two records of configuration files");
  living() = this;
}

ConfigRecord::~ConfigRecord() { living() = nullptr; }

void ConfigRecord::note(const YamlDocument& document) {
  if (living() == nullptr) return;
  std::string& text = living()->text_;
  text += "--- " + std::filesystem::path(document.file()).filename().string() + "\n";
  text += document.dump() + "\n";
}

}  // namespace nibble
