// A bounded number of slices: merged within unit and stage, then dropped, never lost uncounted.
#include "sim/timeline/slice_store.h"

#include <map>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// `commands` on two units in turn, each of 10 cycles with a gap of 1 behind it.
SliceStore filled(std::int64_t most, int stages, int commands) {
  SliceStore store(most);
  for (int stage = 0; stage < stages; ++stage) {
    for (int i = 0; i < commands; ++i) {
      Slice slice;
      slice.unit = i % 2 == 0 ? Unit::tile : Unit::sfu;
      slice.stage = static_cast<std::uint32_t>(stage);
      slice.command = static_cast<std::uint32_t>(i);
      slice.begin = 11 * (static_cast<Cycles>(stage) * commands + i / 2);
      slice.end = slice.begin + 10;
      slice.busy = 10;
      slice.macs = 3;
      slice.kind = "gemm";
      slice.detail = "m 0:1";
      store.add(slice);
    }
  }
  return store;
}

struct Sums {
  std::int64_t commands = 0, macs = 0;
  Cycles busy = 0;
};

Sums sums_of(const SliceStore& store) {
  Sums sums;
  for (const Slice& slice : store.slices()) {
    sums.commands += slice.commands;
    sums.macs += slice.macs;
    sums.busy += slice.busy;
  }
  return sums;
}

}  // namespace

TEST_CASE("Slices that fit stay as they are") {
  const SliceStore store = filled(60, 3, 20);
  CHECK(store.slices().size() == 60);
  CHECK(store.group() == 1);
  CHECK(store.dropped() == 0);
  CHECK(store.slices()[7].detail == "m 0:1");
}

TEST_CASE("Too many slices are merged alike over the whole run, within unit and stage") {
  const SliceStore store = filled(59, 3, 100);
  CHECK(store.group() == 8);
  CHECK(store.dropped() == 0);
  CHECK(store.slices().size() <= 59);
  const Sums sums = sums_of(store);
  CHECK(sums.commands == 300);
  CHECK(sums.macs == 900);
  CHECK(sums.busy == 3000);
  std::map<Unit, Cycles> ends;
  for (const Slice& slice : store.slices()) {
    CHECK(slice.commands <= 8);
    CHECK(slice.begin >= ends[slice.unit]);  // no overlap
    ends[slice.unit] = slice.end;
    CHECK(slice.end - slice.begin == 11 * slice.commands - 1);
    CHECK((slice.detail.empty() || slice.commands == 1));
  }
}

TEST_CASE("Where merging does not help any more the rest is dropped and counted") {
  const SliceStore store = filled(5, 4, 10);
  CHECK(store.slices().size() == 5);
  const Sums sums = sums_of(store);
  CHECK(store.dropped() > 0);
  CHECK(sums.commands + store.dropped() == 40);
  CHECK(store.slices().front().commands == 5);  // all of a unit in the first stage
  CHECK(filled(1, 1, 1).dropped() == 0);
}

TEST_CASE("Slices of different kinds are merged under no kind's name") {
  SliceStore store(1);
  Slice slice;
  slice.unit = Unit::sfu;
  slice.kind = "relu";
  store.add(slice);
  slice.kind = "scale";
  store.add(slice);
  REQUIRE(store.slices().size() == 1);
  CHECK(store.slices().front().kind == "several kinds");
}

}  // namespace nibble
