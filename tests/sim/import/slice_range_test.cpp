// Every slice of short axes against the rule of Python's own slices, written as a loop.
#include "sim/import/slice_range.h"

#include <limits>

#include <catch2/catch.hpp>

#include "onnx_graph.h"

namespace nibble {
namespace {

TensorFacts constant(std::int64_t value) {
  TensorFacts facts;
  facts.dims = Dims{1};
  facts.values = std::vector<double>{static_cast<double>(value)};
  return facts;
}

/// Indices of range(size)[start:end:step].
Dims python_slice(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  if (start < 0) start += size;
  if (end < 0) end += size;
  Dims taken;
  if (step > 0) {
    for (std::int64_t i = start < 0 ? 0 : start; i < end && i < size; i += step) taken.push_back(i);
  } else {
    for (std::int64_t i = start >= size ? size - 1 : start; i > end && i >= 0; i += step) {
      taken.push_back(i);
    }
  }
  return taken;
}

}  // namespace

TEST_CASE("a slice takes the elements that Python would take") {
  onnx::NodeProto node;
  node.set_op_type("Slice");
  const Dims steps = {1, 2, 3, -1, -2};
  for (std::int64_t size = 1; size <= 4; ++size) {
    for (std::int64_t start = -6; start <= 6; ++start) {
      for (std::int64_t end = -6; end <= 6; ++end) {
        for (const std::int64_t step : steps) {
          CAPTURE(size, start, end, step);
          TensorFacts data;
          const TensorFacts starts = constant(start), ends = constant(end), axes = constant(-1),
                            by = constant(step);
          const auto ranges = slice_ranges(node, {&data, &starts, &ends, &axes, &by}, {5, size});
          const Dims expected = python_slice(size, start, end, step);
          if (expected.empty()) {
            REQUIRE_FALSE(ranges);
            continue;
          }
          REQUIRE(ranges);
          const SliceRange& range = ranges->front();
          REQUIRE(range.axis == 1);
          Dims taken;
          for (std::int64_t i = 0; i < range.count; ++i) taken.push_back(range.begin + i * step);
          REQUIRE(taken == expected);
        }
      }
    }
  }
}

TEST_CASE("the largest integer is the end of the axis") {
  onnx::NodeProto node;
  TensorFacts data;
  const TensorFacts starts = constant(1);
  const TensorFacts ends = constant(std::numeric_limits<std::int64_t>::max());
  const auto ranges = slice_ranges(node, {&data, &starts, &ends}, {9});
  REQUIRE(ranges);
  REQUIRE(ranges->front().begin == 1);
  REQUIRE(ranges->front().count == 8);
}

TEST_CASE("unknown bounds and a step of 0 give no range") {
  onnx::NodeProto node;
  TensorFacts data, unknown;
  const TensorFacts one = constant(1), zero = constant(0);
  REQUIRE_FALSE(slice_ranges(node, {&data, &unknown, &one}, {9}));
  REQUIRE_FALSE(slice_ranges(node, {&data, &zero, &one, &zero, &zero}, {9}));
}

}  // namespace nibble
