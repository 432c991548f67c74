// Which stages and commands a window lets through, and what is no window.
#include "sim/timeline/timeline_window.h"

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

const std::vector<std::string> kNames = {"conv1 forward", "s1.conv1 forward", "s1.conv1 dgrad"};

std::string fault_of(const std::string& text) {
  try {
    TimelineWindow(text, "--window").check_stages(kNames, "--window");
  } catch (const BadInput& fault) {
    return fault.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A window of cycles has what runs in them, edges belonging to the later side") {
  const TimelineWindow window("100:200", "--window");
  CHECK(window.has_stage("conv1 forward", 0, 101));
  CHECK_FALSE(window.has_stage("conv1 forward", 0, 100));
  CHECK_FALSE(window.has_stage("conv1 forward", 200, 300));
  CHECK(window.has_cycles(199, 1000));
  CHECK(window.has_cycles(0, 1000));
  CHECK(window.has_cycles(100, 100));  // takes no time
  CHECK_FALSE(window.has_cycles(99, 99));
  CHECK_FALSE(window.has_cycles(200, 200));
}

TEST_CASE("A window may be open at either end") {
  CHECK(TimelineWindow("100:", "--window").has_cycles(1'000'000'000'000, 1'000'000'000'001));
  CHECK_FALSE(TimelineWindow("100:", "--window").has_cycles(50, 100));
  CHECK(TimelineWindow(":100", "--window").has_cycles(0, 1));
  CHECK_FALSE(TimelineWindow(":100", "--window").has_cycles(100, 101));
  CHECK(TimelineWindow().has_cycles(0, 0));
  CHECK(TimelineWindow().is_whole_run());
}

TEST_CASE("Stages are named by layer and pass, by layer alone, or by a pattern of these") {
  const auto has = [](const std::string& text, const std::string& stage) {
    return TimelineWindow(text, "--window").has_stage(stage, 0, 10);
  };
  CHECK(has("s1.conv1 dgrad", "s1.conv1 dgrad"));
  CHECK_FALSE(has("s1.conv1 dgrad", "s1.conv1 forward"));
  CHECK(has("s1.conv1", "s1.conv1 forward"));
  CHECK_FALSE(has("s1.conv1", "s1.conv11 forward"));
  CHECK_FALSE(has("conv1", "s1.conv1 forward"));
  CHECK(has("*conv1 forward", "s1.conv1 forward"));
  CHECK(has("* dgrad", "s1.conv1 dgrad"));
  CHECK_FALSE(has("* dgrad", "s1.conv1 forward"));
}

TEST_CASE("What is no window is refused in one line") {
  CHECK(fault_of("s1.*").empty());
  CHECK(fault_of("10:20").empty());
  CHECK(fault_of("s1.conv1 dgard") ==
        "--window: \"s1.conv1 dgard\": unknown stage (did you mean s1.conv1 dgrad?), allowed are "
        "conv1 forward, s1.conv1 forward, s1.conv1 dgrad");
  for (const char* text : {"20:10", "10:10"}) {
    CHECK(fault_of(text).find("has no cycle, allowed are cycles, BEGIN:END") != std::string::npos);
  }
  for (const char* text : {"a:10", "-5:10", "1:2:3", "1e3:", "99999999999999999999:"}) {
    CHECK(fault_of(text).find("is no range of cycles") != std::string::npos);
  }
  CHECK(fault_of("").find("is empty") != std::string::npos);
  CHECK(TimelineWindow(":", "--window").has_cycles(0, 1));
}

}  // namespace nibble
