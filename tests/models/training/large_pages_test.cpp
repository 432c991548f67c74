// Large pages are a wish: whatever the system makes of it, no byte changes.
#include "models/training/large_pages.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

TEST_CASE("Memory keeps its values in large pages, wherever in them it begins and ends") {
  constexpr std::size_t kCount = 3 << 20;
  std::vector<std::uint32_t> values(kCount);
  std::iota(values.begin(), values.end(), 7U);
  for (const std::size_t first : {0U, 1U, 1000001U}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{5}, kCount - first}) {
      wish_large_pages(values.data() + first, count * sizeof(values[0]));
    }
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    if (values[i] != i + 7) FAIL("element " << i << " is " << values[i]);
  }
}

TEST_CASE("A tensor that grows keeps its elements and gets zeros behind them") {
  std::vector<float> tensor = {1, 2, 3};
  resize_tensor(tensor, 1 << 20);
  REQUIRE(tensor.size() == 1 << 20);
  CHECK(tensor[2] == 3.0F);
  CHECK(std::accumulate(tensor.begin(), tensor.end(), 0.0) == 6.0);
  resize_tensor(tensor, 2);
  CHECK(tensor == std::vector<float>{1, 2});
}

}  // namespace
}  // namespace nibble
