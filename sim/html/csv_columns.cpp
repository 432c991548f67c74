#include "sim/html/csv_columns.h"

#include <charconv>
#include <cstdint>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

template <typename Number>
bool parse_whole(const std::string& cell, Number& value) {
  const char* end = cell.data() + cell.size();
  const auto parsed = std::from_chars(cell.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Json value_of(const std::string& cell) {
  std::int64_t count = 0;
  double real = 0;
  if (cell.empty()) return nullptr;
  if (parse_whole(cell, count)) return count;
  if (parse_whole(cell, real)) return real;  // NaN and infinities become null in JSON
  return cell;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (std::size_t comma = line.find(','); comma != std::string::npos;
       comma = line.find(',', begin)) {
    cells.push_back(line.substr(begin, comma - begin));
    begin = comma + 1;
  }
  cells.push_back(line.substr(begin));
  return cells;
}

}  // namespace

Json csv_columns(const std::string& file, const std::string& text,
                 const std::vector<std::string>& needed) {
  std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = cells_of(line);
  Json columns = Json::object();
  for (const std::string& name : header) columns[name] = Json::array();
  for (const std::string& name : needed) {
    if (!columns.contains(name)) {
      throw BadInput({file, 1, 0}, name, "is missing",
                     fmt::format("allowed are the columns {}", fmt::join(needed, ",")));
    }
  }
  for (int number = 2; std::getline(lines, line); ++number) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != header.size()) {
      throw BadInput({file, number, 0}, "", fmt::format("has {} columns", cells.size()),
                     fmt::format("allowed are the header's {}", header.size()));
    }
    for (std::size_t at = 0; at < cells.size(); ++at) {
      columns[header[at]].push_back(value_of(cells[at]));
    }
  }
  return columns;
}

}  // namespace nibble
