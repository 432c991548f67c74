// The FP16 chip beside an experiment's chip: what four bits are compared with, so it must be a good
// FP16 chip. Its one array takes the silicon of both of the chip's arrays (or what else TwinKind
// says), in the shape that runs the experiment's workload fastest.
#pragma once

#include "sim/driver/chip_simulation.h"

namespace nibble {

/// A twin, and how it ran the experiment's workload.
struct ChosenTwin {
  ChipConfig chip;
  TimedStep step;
};

/// Finds the fastest of twin_candidates (sim/energy) by the timing engine, in processes that run
/// side by side, mapped by rule. Simulating every DRAM burst of every candidate would take most of
/// a run, and the candidates differ in their arrays alone. So all are ranked with DRAM, ring and
/// link in no time; the best two run in full, and the faster of these is the twin. Precondition:
/// the experiment has a twin.
class TwinSearch {
 public:
  /// `memo` as in SimulationRequest.
  explicit TwinSearch(const Experiment& experiment, StageMemo* memo = nullptr);
  /// Waits. Throws BadInput if none can run the workload. To be called once.
  [[nodiscard]] ChosenTwin result();

 private:
  struct Entry {
    ChipConfig chip;
    RunningStep run;
  };
  [[nodiscard]] RunningStep start(const ChipConfig& chip) const;
  /// Those of the entries that can run the workload, the fastest first.
  [[nodiscard]] std::vector<ChosenTwin> by_speed(std::vector<Entry> entries) const;

  const Experiment& experiment_;
  StageMemo* memo_;
  std::vector<Entry> ranking_;  // of all candidates; the chips are the real ones
};

}  // namespace nibble
