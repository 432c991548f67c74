// What a timeline knows of a command, or of several of one unit that follow one another.
#pragma once

#include <string>

#include "sim/command/program.h"

namespace nibble {

/// Why a unit stood still before a command: the last of its tokens came only then, or, without a
/// unit, the sequencer had not dealt it out.
struct SliceWait {
  Cycles cycles = 0;  // 0: it did not
  bool for_token = false;
  Unit unit = Unit::sequencer;  // which owed the token
  int core = 0;
  std::uint32_t command = 0;  // of the stage
};

/// A unit's time goes to one command at a time. Transfers of a DMA unit overlap, but end in order:
/// each has the time from the end of the one before it, so that slices of a unit never overlap and
/// add up to its busy cycles.
struct Slice {
  Unit unit = Unit::sequencer;
  int core = 0;
  std::uint32_t stage = 0;    // of the run
  std::uint32_t command = 0;  // of the stage; the first of several
  std::int64_t commands = 1;
  Cycles begin = 0, end = 0;  // of the run
  Cycles busy = 0;            // end - begin without the gaps between commands
  Cycles begun = 0;           // of a transfer: when its first descriptor was offered
  std::string kind;    // gemm, load, store, copy, exchange, fence, or the steps of an SFU run
  std::string detail;  // which block, which bytes; of several commands, nothing
  std::int64_t macs = 0, elements = 0;
  Bytes bytes = 0;
  Cycles streaming = 0, weight_load = 0, fill_drain = 0;  // of an array; folds are streaming
  SliceWait wait;                                         // of the first command
};

}  // namespace nibble
