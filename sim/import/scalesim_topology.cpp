#include "sim/import/scalesim_topology.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

// The bounds of configs/networks, so that a fault is named at its line.
constexpr std::int64_t kMaxPixels = 16384;
constexpr std::int64_t kMaxRows = kMaxPixels * kMaxPixels;
constexpr std::int64_t kMaxChannels = std::int64_t{1} << 20;
constexpr std::int64_t kMaxKernel = 255;

constexpr std::array<const char*, 8> kConvColumns = {"Layer name",    "IFMAP Height", "IFMAP Width",
                                                     "Filter Height", "Filter Width", "Channels",
                                                     "Num Filter",    "Strides"};
constexpr std::array<const char*, 4> kGemmColumns = {"Layer", "M", "N", "K"};
// What the header's fields must hold, in lower case: files differ in the rest.
constexpr std::array<const char*, 8> kConvWords = {"",       "ifmap",   "ifmap",  "filter",
                                                   "filter", "channel", "filter", "stride"};

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\f\v";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(trimmed(field));
  while (!fields.empty() && fields.back().empty()) fields.pop_back();
  return fields;
}

class TopologyParser {
 public:
  TopologyParser(std::string file, bool round_up) : file_(std::move(file)), round_up_(round_up) {}

  std::vector<TopologyLayer> parse(const std::string& text) {
    std::istringstream lines(text.compare(0, 3, "\xEF\xBB\xBF") == 0 ? text.substr(3) : text);
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      if (separator_ == 0 && !trimmed(line).empty()) {
        separator_ = line.find(',') == std::string::npos ? '\t' : ',';
      }
      fields_ = split(line, separator_);
      if (fields_.empty()) continue;
      if (!has_header_) {
        read_header();
      } else {
        layers_.push_back(gemm_form_ ? read_gemm() : read_conv());
      }
    }
    if (!has_header_) throw bad_file(file_, "is empty", "allowed is a SCALE-Sim topology");
    if (layers_.empty()) throw error("", "no layer follows the header", "allowed is at least one");
    return std::move(layers_);
  }

 private:
  [[nodiscard]] BadInput error(const std::string& key, const std::string& fault,
                               const std::string& allowed) const {
    return {{file_, line_, 0}, key, fault, allowed};
  }

  void read_header() {
    gemm_form_ = fields_.size() > 1 && lower(fields_[1]) == "m";
    for (std::size_t i = 1; i < (gemm_form_ ? kGemmColumns.size() : kConvColumns.size()); ++i) {
      const std::string expected = gemm_form_ ? lower(kGemmColumns[i]) : kConvWords[i];
      const std::string found = i < fields_.size() ? lower(fields_[i]) : "";
      if (gemm_form_ ? found == expected : found.find(expected) != std::string::npos) continue;
      throw error("header",
                  fmt::format("column {} is {} instead of {}", i + 1,
                              found.empty() ? "missing" : "\"" + fields_[i] + "\"",
                              gemm_form_ ? kGemmColumns[i] : kConvColumns[i]),
                  "allowed are the forms `Layer name, IFMAP Height, IFMAP Width, Filter Height, "
                  "Filter Width, Channels, Num Filter, Strides,` and `Layer, M, N, K,`");
    }
    has_width_stride_ =
        !gemm_form_ && fields_.size() > 8 && lower(fields_[8]).find("stride") != std::string::npos;
    has_header_ = true;
  }

  [[nodiscard]] std::int64_t number(std::size_t column, const char* name, std::int64_t max) const {
    const std::string allowed = fmt::format("allowed is a whole number from 1 to {}", max);
    if (column >= fields_.size() || fields_[column].empty()) {
      throw error(fields_[0], fmt::format("column {} ({}) is missing", column + 1, name), allowed);
    }
    const std::string& text = fields_[column];
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, value);
    if (stop != end || fault == std::errc::invalid_argument) {
      throw error(fields_[0], fmt::format("{} \"{}\" is not a whole number", name, text), allowed);
    }
    if (fault != std::errc{} || value < 1 || value > max) {
      throw error(fields_[0], fmt::format("{} {} is out of range", name, text), allowed);
    }
    return value;
  }

  /// Rows of A are positions; an image has at most kMaxPixels along each axis.
  [[nodiscard]] FeatureShape positions(std::int64_t rows, std::int64_t channels) const {
    for (std::int64_t width = 1; width <= kMaxPixels; ++width) {
      if (rows % width == 0 && rows / width <= kMaxPixels) return {rows / width, width, channels};
    }
    throw error(fields_[0], fmt::format("{} rows are too many", rows),
                fmt::format("allowed are {} or a product of two numbers up to that", kMaxPixels));
  }

  TopologyLayer read_gemm() {
    TopologyLayer layer;
    layer.gemm = true;
    const std::int64_t rows = number(1, "M", kMaxRows);
    layer.filters = number(2, "N", kMaxChannels);
    layer.input = positions(rows, number(3, "K", kMaxChannels));
    return named(std::move(layer));
  }

  TopologyLayer read_conv() {
    FeatureShape in;
    in.h = number(1, kConvColumns[1], kMaxRows);
    in.w = number(2, kConvColumns[2], kMaxRows);
    const std::int64_t filter_h = number(3, kConvColumns[3], kMaxRows);
    const std::int64_t filter_w = number(4, kConvColumns[4], kMaxRows);
    in.c = number(5, kConvColumns[5], kMaxChannels);
    const std::int64_t filters = number(6, kConvColumns[6], kMaxChannels);
    const std::int64_t stride_h = number(7, kConvColumns[7], kMaxKernel);
    const std::int64_t stride_w =
        has_width_stride_ ? number(8, "stride along the width", kMaxKernel) : stride_h;
    const std::int64_t steps_h = windows("height", in.h, filter_h, stride_h);
    const std::int64_t steps_w = windows("width", in.w, filter_w, stride_w);

    TopologyLayer layer;
    const bool depthwise = fields_[0].find("DP") != std::string::npos;  // SCALE-Sim's own mark
    const bool rows_are_windows = filter_w == in.w && (filter_h == 1 || filter_h == in.h);
    if (rows_are_windows && filter_h != filter_w && !depthwise) {
      layer.gemm = true;  // no two windows share a value: the rows of A, written as an image
      const std::int64_t columns = filter_h * filter_w * in.c;
      if (columns > kMaxChannels) {
        throw error(fields_[0], fmt::format("filters of {} numbers", columns),
                    fmt::format("allowed up to {}", kMaxChannels));
      }
      layer.input = positions(steps_h, columns);
      layer.filters = filters;
      return named(std::move(layer));
    }
    if (std::max(in.h, in.w) > kMaxPixels) {
      throw error(fields_[0], fmt::format("an IFMAP of {} x {}", in.h, in.w),
                  fmt::format("allowed up to {0} x {0}", kMaxPixels));
    }
    if (filter_h != filter_w || filter_h > kMaxKernel) {
      throw error(fields_[0], fmt::format("a filter of {} x {}", filter_h, filter_w),
                  fmt::format("allowed are square filters up to {0} x {0}, and filters that are as "
                              "wide as the IFMAP and one row or all rows high",
                              kMaxKernel));
    }
    if (stride_h != stride_w && steps_h > 1 && steps_w > 1) {
      throw error(fields_[0], fmt::format("strides {} and {} differ", stride_h, stride_w),
                  "allowed is one stride for both axes");
    }
    layer.kernel = filter_h;
    layer.stride = steps_h > 1 ? stride_h : stride_w;
    layer.groups = depthwise ? in.c : 1;
    layer.filters = depthwise ? in.c * filters : filters;
    layer.input = {(steps_h - 1) * layer.stride + filter_h, (steps_w - 1) * layer.stride + filter_w,
                   in.c};
    return named(std::move(layer));
  }

  /// How often the filter fits along one axis.
  [[nodiscard]] std::int64_t windows(const char* axis, std::int64_t size, std::int64_t filter,
                                     std::int64_t stride) const {
    if (filter > size) {
      throw error(fields_[0],
                  fmt::format("filter {} {} is larger than the IFMAP's {}", axis, filter, size),
                  "allowed is a filter that fits (IFMAP sizes include the padding)");
    }
    const std::int64_t rest = (size - filter) % stride;
    if (rest != 0 && !round_up_) {
      throw error(
          fields_[0],
          fmt::format("{0} {1}: stride {2} does not divide {1} - {3}", axis, size, stride, filter),
          fmt::format("allowed are sizes that divide, {} or {} here (IFMAP sizes include the "
                      "padding), or --round-up, which counts the last window whole as "
                      "SCALE-Sim does",
                      size - rest, size - rest + stride));
    }
    return (size - filter + stride - 1) / stride + 1;
  }

  TopologyLayer named(TopologyLayer layer) const {
    layer.name = fields_[0];
    return layer;
  }

  std::string file_;
  bool round_up_;
  int line_ = 0;
  char separator_ = 0;
  bool has_header_ = false, gemm_form_ = false, has_width_stride_ = false;
  std::vector<std::string> fields_;
  std::vector<TopologyLayer> layers_;
};

}  // namespace

std::vector<TopologyLayer> parse_topology(const std::string& text, const std::string& file,
                                          bool round_up) {
  return TopologyParser(file, round_up).parse(text);
}

}  // namespace nibble
