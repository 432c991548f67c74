#include "sim/import/axis_view.h"

#include <algorithm>

namespace nibble {
namespace {

/// Two digits that follow each other in one index are one digit.
void append(Axis& axis, const Digit& digit) {
  if (digit.extent == 1) return;
  if (!axis.empty()) {
    Digit& last = axis.back();
    if (last.source == digit.source && last.stride == digit.stride * digit.extent) {
      last.stride = digit.stride;
      last.extent *= digit.extent;
      return;
    }
  }
  axis.push_back(digit);
}

}  // namespace

bool operator==(const Digit& a, const Digit& b) {
  return a.source == b.source && a.stride == b.stride && a.extent == b.extent;
}

Axis whole_axis(Source source, std::int64_t extent) {
  Axis axis;
  append(axis, {source, 1, extent});
  return axis;
}

std::int64_t extent(const Axis& axis) {
  std::int64_t product = 1;
  for (const Digit& digit : axis) product *= digit.extent;
  return product;
}

std::vector<std::int64_t> extents(const AxisView& view) {
  std::vector<std::int64_t> result;
  for (const Axis& axis : view) result.push_back(extent(axis));
  return result;
}

std::optional<AxisView> regroup(const AxisView& view, const std::vector<std::int64_t>& dims) {
  std::vector<Digit> rest;  // the next digit last
  for (const Axis& axis : view) rest.insert(rest.end(), axis.begin(), axis.end());
  std::reverse(rest.begin(), rest.end());
  AxisView result;
  for (std::int64_t wanted : dims) {
    Axis& axis = result.emplace_back();
    while (wanted > 1) {
      if (rest.empty()) return std::nullopt;
      Digit digit = rest.back();
      rest.pop_back();
      if (wanted % digit.extent != 0) {
        if (digit.extent % wanted != 0) return std::nullopt;
        rest.push_back({digit.source, digit.stride, digit.extent / wanted});
        digit.stride *= digit.extent / wanted;
        digit.extent = wanted;
      }
      append(axis, digit);
      wanted /= digit.extent;
    }
  }
  if (!rest.empty()) return std::nullopt;
  return result;
}

AxisView transpose(const AxisView& view, const std::vector<std::int64_t>& order) {
  AxisView result;
  for (const std::int64_t axis : order) result.push_back(view[static_cast<std::size_t>(axis)]);
  return result;
}

AxisView image_view(std::int64_t batch, const FeatureShape& shape) {
  return {whole_axis(Source::batch, batch), whole_axis(Source::channel, shape.c),
          whole_axis(Source::height, shape.h), whole_axis(Source::width, shape.w)};
}

bool holds_only(const Axis& axis, std::initializer_list<Source> sources) {
  return std::all_of(axis.begin(), axis.end(), [&](const Digit& digit) {
    return std::find(sources.begin(), sources.end(), digit.source) != sources.end();
  });
}

}  // namespace nibble
