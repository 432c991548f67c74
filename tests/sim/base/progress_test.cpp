#include "sim/base/progress.h"

#include <catch2/catch.hpp>

TEST_CASE("Progress shows share, rate and time left") {
  CHECK(nibble::progress_text("rtl", "commands", 300, 1200, 3.0) ==
        "rtl: 25 % of 1200 commands, 100 commands/s, 9 s left");
}

TEST_CASE("Progress without a known total shows count and rate") {
  CHECK(nibble::progress_text("train", "steps", 50, 0, 4.0) == "train: 50 steps, 12.5 steps/s");
}

TEST_CASE("Progress at the very start promises nothing") {
  CHECK(nibble::progress_text("rtl", "commands", 0, 10, 0.0) ==
        "rtl: 0 % of 10 commands, 0 commands/s");
}
