#include "sim/sweep/points_csv.h"

#include <map>
#include <vector>

#include "sim/sweep/figures.h"

namespace nibble {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char letter : text) {
    if (letter == '"') cell += '"';
    cell += letter;
  }
  return cell + '"';
}

/// Columns in the order in which they first appear.
class Table {
 public:
  void begin_line() { lines_.emplace_back(); }
  void put(const std::string& column, const std::string& cell) {
    const auto [at, is_new] = columns_.try_emplace(column, names_.size());
    if (is_new) names_.push_back(column);
    std::vector<std::string>& line = lines_.back();
    if (line.size() <= at->second) line.resize(at->second + 1);
    line[at->second] = quoted(cell);
  }
  [[nodiscard]] std::string text() {
    std::string text;
    lines_.emplace(lines_.begin());
    for (const std::string& name : names_) lines_.front().push_back(quoted(name));
    for (std::vector<std::string>& line : lines_) {
      line.resize(names_.size());
      for (std::size_t i = 0; i < line.size(); ++i) text += (i == 0 ? "" : ",") + line[i];
      text += "\r\n";
    }
    return text;
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> columns_;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace

std::string points_csv(const PointDatabase& database) {
  Table table;
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    table.begin_line();
    table.put("number", std::to_string(point.number));
    table.put("fault", point.is_finished ? point.finished.fault : "not run");
    for (const auto& [key, value] : point.settings) table.put("set." + key, value);
    for (const auto& [name, value] : figures(point.finished.result)) {
      table.put(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  });
  return table.text();
}

}  // namespace nibble
