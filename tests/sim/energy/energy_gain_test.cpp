// The range of an energy gain: cases by hand, and a search of the whole box.
#include "sim/energy/energy_gain.h"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

namespace nibble {

TEST_CASE("What chip and twin take alike cancels, so one group alone gives the ratio of its ends") {
  const Ranged same{2, 1, 5};
  const Ranged alone = energy_gain({{same, same}});
  CHECK(alone.low == 1);
  CHECK(alone.value == 1);
  CHECK(alone.high == 1);
  const Ranged gain = energy_gain({{{2, 1, 4}, {10, 8, 16}}});
  CHECK(gain.value == 5);
  CHECK(gain.low == 4);   // 16 / 4
  CHECK(gain.high == 8);  // 8 / 1
}

TEST_CASE("Two groups are set independently of each other") {
  // The twin takes more of the first and less of the second.
  const Ranged gain = energy_gain({{{1, 1, 2}, {4, 4, 8}}, {{2, 1, 3}, {1, 0.5, 1.5}}});
  CHECK(gain.value == Approx(5.0 / 3));
  CHECK(gain.high == Approx(8.5 / 3));  // first high, second low
  CHECK(gain.low == Approx(5.5 / 4));   // first low, second high
}

TEST_CASE("The range holds the gain of the values where both ends of a group lie below it") {
  // Twin over chip is 2 at low and at high, 3 at value.
  const Ranged gain = energy_gain({{{2, 1, 4}, {6, 2, 8}}});
  CHECK(gain.low == 2);
  CHECK(gain.value == 3);
  CHECK(gain.high == 3);
}

TEST_CASE("No point of the box has a gain outside the range, and the range is no wider") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> share(0, 1);
  const auto ranged = [&] {
    const double low = share(random), value = low + share(random);
    return Ranged{value, low, value + 3 * share(random)};
  };
  /// From low over value to high as `t` goes from 0 over 1 to 2.
  const auto between = [](const Ranged& range, double t) {
    return t < 1 ? range.low + t * (range.value - range.low)
                 : range.value + (t - 1) * (range.high - range.value);
  };
  for (int trial = 0; trial < 20; ++trial) {
    const std::vector<GroupEnergy> groups{
        {ranged(), ranged()}, {ranged(), ranged()}, {ranged(), ranged()}};
    const Ranged gain = energy_gain(groups);
    double least = 1e9, most = 0;
    constexpr int kSteps = 20;  // of which the low, the value and the high are some
    for (int point = 0; point < (kSteps + 1) * (kSteps + 1) * (kSteps + 1); ++point) {
      double chip = 0, twin = 0;
      int rest = point;
      for (const GroupEnergy& group : groups) {
        const double t = 2.0 * (rest % (kSteps + 1)) / kSteps;
        rest /= kSteps + 1;
        chip += between(group.chip, t);
        twin += between(group.twin, t);
      }
      least = std::min(least, twin / chip);
      most = std::max(most, twin / chip);
    }
    CHECK(gain.low == Approx(least));
    CHECK(gain.high == Approx(most));
    CHECK(gain.low <= gain.value);
    CHECK(gain.value <= gain.high);
  }
}

}  // namespace nibble
