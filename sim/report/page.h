// The page's lines as they come together, and the fields of a result as they are printed.
#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/report/chip_report.h"

namespace nibble {

[[nodiscard]] inline double number(const Json& json, const char* key) {
  return json.at(key).get<double>();
}
[[nodiscard]] inline long long whole(const Json& json, const char* key) {
  return json.at(key).get<long long>();
}
[[nodiscard]] inline std::string text(const Json& json, const char* key) {
  return json.at(key).get<std::string>();
}
[[nodiscard]] inline bool is_set(const Json& json, const char* key) {
  return json.at(key).get<bool>();
}
[[nodiscard]] inline double percent(double part, double of) {
  return of == 0 ? 0 : 100 * part / of;
}

inline constexpr int kBarWidth = 30;

class Page {
 public:
  template <typename... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    add(fmt::format(format, std::forward<Values>(values)...));
  }
  void heading(const std::string& title);
  /// A part of a whole with its percentage and bar; `value` is the part as it is printed.
  void share(const std::string& name, double part, double of, const std::string& value);
  [[nodiscard]] const std::string& str() const { return text_; }

 private:
  void add(std::string line);

  std::string text_;
};

/// A line for each what-if switch that is on.
void add_what_ifs(Page& page, const Json& ideal);

}  // namespace nibble
