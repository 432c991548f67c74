#include "sim/config/yaml_scalar.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace nibble {
namespace {

constexpr std::size_t kLongestQuote = 40;

/// The value as an error shows it.
std::string shown(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      break;
    default:
      return "nothing";
  }
  std::string text = node.Scalar();
  if (text.size() > kLongestQuote) text = text.substr(0, kLongestQuote) + "...";
  return node.Tag() == "!" ? "\"" + text + "\"" : text;
}

bool is_plain(const YAML::Node& node) { return node.IsScalar() && node.Tag() != "!"; }

template <typename Value>
bool parse_whole(const std::string& text, Value& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc{} && stop == end;
}

bool is_integer_text(const std::string& text) {
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return text.size() > sign && text.find_first_not_of("0123456789", sign) == std::string::npos;
}

}  // namespace

std::string allowed_integer(std::int64_t min, std::int64_t max) {
  constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
  if (min == kLowest && max == kHighest) return "allowed is a whole number";
  if (max == kHighest) return fmt::format("allowed is a whole number of at least {}", min);
  if (min == kLowest) return fmt::format("allowed is a whole number of at most {}", max);
  if (min == max) return fmt::format("allowed is {}", min);
  return fmt::format("allowed is a whole number from {} to {}", min, max);
}

std::string allowed_number(double min, double max) {
  const bool open_below = min <= std::numeric_limits<double>::lowest();
  const bool open_above = max >= std::numeric_limits<double>::max();
  if (open_below && open_above) return "allowed is a number";
  if (open_above) return fmt::format("allowed is a number of at least {}", min);
  if (open_below) return fmt::format("allowed is a number of at most {}", max);
  return fmt::format("allowed is a number from {} to {}", min, max);
}

std::int64_t read_integer(const YamlSpot& spot, std::int64_t min, std::int64_t max) {
  if (!is_plain(spot.node) || !is_integer_text(spot.node.Scalar())) {
    throw spot.error(shown(spot.node) + " is not a whole number", allowed_integer(min, max));
  }
  std::int64_t value = 0;
  if (!parse_whole(spot.node.Scalar(), value) || value < min || value > max) {
    throw spot.error(shown(spot.node) + " is out of range", allowed_integer(min, max));
  }
  return value;
}

double read_number(const YamlSpot& spot, double min, double max) {
  double value = 0;
  const bool is_number =
      is_plain(spot.node) && parse_whole(spot.node.Scalar(), value) && std::isfinite(value);
  if (!is_number) throw spot.error(shown(spot.node) + " is not a number", allowed_number(min, max));
  if (value < min || value > max) {
    throw spot.error(shown(spot.node) + " is out of range", allowed_number(min, max));
  }
  return value;
}

std::string read_string(const YamlSpot& spot) {
  if (!spot.node.IsScalar() || spot.node.Scalar().empty()) {
    throw spot.error((spot.node.IsScalar() ? "an empty text" : shown(spot.node)) + " is not a word",
                     "allowed is a text");
  }
  return spot.node.Scalar();
}

bool read_boolean(const YamlSpot& spot) {
  if (is_plain(spot.node) && spot.node.Scalar() == "true") return true;
  if (is_plain(spot.node) && spot.node.Scalar() == "false") return false;
  throw spot.error(shown(spot.node) + " is neither true nor false", "allowed are true and false");
}

}  // namespace nibble
