#include "sim/html/report_page.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "sim/base/bad_input.h"
#include "sim/html/embedded_data.h"
#include "sim/html/report_template.h"

namespace nibble {
namespace {

constexpr std::string_view kDataPlace = "<!--DATA-->";

/// More digits than a chart or a reader tells apart would make most of a large sweep's file.
double to_six_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return std::strtod(text.data(), nullptr);
}

/// Of objectives every digit counts: which points are equal in one decides who is on the front.
void shorten_points(Json& data) {
  std::set<std::string> objectives;
  for (const Json& objective : data.at("objectives")) objectives.insert(objective.at("key"));
  for (auto& [key, column] : data.at("points").at("values").items()) {
    if (objectives.count(key) > 0) continue;
    for (Json& value : column) {
      if (value.is_number_float()) value = to_six_digits(value.get<double>());
    }
  }
}

}  // namespace

std::string report_page(const Json& data) {
  if (!fault_of_template().empty()) {
    throw bad_file("nibblesim report", std::string(fault_of_template()),
                   "install the packages nodejs and npm, see that npm reaches its registry, and "
                   "build again");
  }
  Json shown = data;
  if (shown.at("kind") == "sweep") shorten_points(shown);
  std::string page(report_template());
  return page.replace(page.find(kDataPlace), kDataPlace.size(), data_element(shown));
}

}  // namespace nibble
