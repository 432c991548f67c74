#include "sim/report/text_layout.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

namespace nibble {
namespace {

std::string three_digits(double value) {
  const double size = std::abs(value);
  return fmt::format(size < 9.995 ? "{:.2f}" : size < 99.95 ? "{:.1f}" : "{:.0f}", value);
}

}  // namespace

std::string with_unit(double value, const std::string& unit) {
  struct Prefix {
    const char* name;
    double factor;
  };
  constexpr Prefix kPrefixes[] = {{"T", 1e12}, {"G", 1e9},  {"M", 1e6},  {"k", 1e3},  {"", 1},
                                  {"m", 1e-3}, {"u", 1e-6}, {"n", 1e-9}, {"p", 1e-12}};
  for (const Prefix& prefix : kPrefixes) {
    if (std::abs(value) >= 0.9995 * prefix.factor) {
      return three_digits(value / prefix.factor) + " " + prefix.name + unit;
    }
  }
  return "0 " + unit;
}

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 3) {
    bytes /= 1024;
    ++unit;
  }
  return (unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes)) + " " + kUnits[unit];
}

std::string grouped(long long count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = digits.front() == '-' ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string counted(long long count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string bar(double share, int width) {
  const double clamped = std::clamp(share, 0.0, 1.0);
  return std::string(static_cast<std::size_t>(std::lround(clamped * width)), '#');
}

std::string shortened(const std::string& text, std::size_t most) {
  constexpr std::size_t kDots = 2;
  if (text.size() <= most) return text;
  const std::size_t kept = most - kDots;
  return text.substr(0, kept / 2) + ".." + text.substr(text.size() - (kept - kept / 2));
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
      lines.push_back(word);
    } else {
      lines.back() += ' ' + word;
    }
  }
  return lines;
}

}  // namespace nibble
