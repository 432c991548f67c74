#include "sim/base/bad_input.h"

#include <system_error>
#include <utility>

namespace nibble {
namespace {

std::string one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return text;
}

std::string compose(const InputPlace& place, const std::string& key, const std::string& fault,
                    const std::string& allowed) {
  std::string text = place.file;
  if (place.line > 0) {
    if (!text.empty()) text += ':';
    text += std::to_string(place.line);
    if (place.column > 0) text += ":" + std::to_string(place.column);
  }
  if (!text.empty()) text += ": ";
  if (!key.empty()) text += key + ": ";
  text += fault;
  if (!allowed.empty()) text += ", " + allowed;
  return one_line(text);
}

}  // namespace

BadInput::BadInput(InputPlace place, std::string key, std::string fault, std::string allowed,
                   FaultKind kind)
    : std::runtime_error(compose(place, key, fault, allowed)),
      place_(std::move(place)),
      key_(std::move(key)),
      fault_(std::move(fault)),
      allowed_(std::move(allowed)),
      kind_(kind) {}

BadInput BadInput::at(InputPlace place) const {
  return {std::move(place), key_, fault_, allowed_, kind_};
}

BadInput bad_file(const std::string& file, const std::string& fault, const std::string& allowed) {
  return {InputPlace{file, 0, 0}, "", fault, allowed};
}

std::string system_fault(const std::string& cause, int error_number) {
  return cause + " (" + std::generic_category().message(error_number) + ")";
}

}  // namespace nibble
