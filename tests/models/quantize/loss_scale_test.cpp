// The global loss scale: each branch of its rule, and a long run.
#include "models/quantize/loss_scale.h"

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

TEST_CASE("A global loss scale halves on overflow and doubles after the interval of good steps") {
  LossScale scale = loss_scale_initial();
  CHECK(scale.exponent == 16);
  for (int step = 0; step < 1999; ++step) scale = loss_scale_update(scale, false);
  CHECK(scale.exponent == 16);
  scale = loss_scale_update(scale, false);
  CHECK(scale.exponent == 17);
  CHECK(scale.good_steps == 0);
}

TEST_CASE("An overflow starts the count of good steps anew") {
  LossScale scale = loss_scale_initial();
  for (int step = 0; step < 1999; ++step) scale = loss_scale_update(scale, false);
  scale = loss_scale_update(scale, true);
  CHECK(scale.exponent == 15);
  for (int step = 0; step < 1999; ++step) scale = loss_scale_update(scale, false);
  CHECK(scale.exponent == 15);
  CHECK(loss_scale_update(scale, false).exponent == 16);
}

TEST_CASE("A global loss scale stays between its limits") {
  const LossScaleRule rule{3, 1, 5, 2};
  LossScale scale = loss_scale_initial(rule);
  for (int step = 0; step < 10; ++step) scale = loss_scale_update(scale, false, rule);
  CHECK(scale.exponent == 5);
  for (int step = 0; step < 10; ++step) scale = loss_scale_update(scale, true, rule);
  CHECK(scale.exponent == 2);
}

}  // namespace
}  // namespace nibble::testing
