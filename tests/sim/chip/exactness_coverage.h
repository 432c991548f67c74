// What the draws of the exactness test met: a draw that nothing hard happens in proves little.
#pragma once

#include <cstdint>
#include <string>

namespace nibble::test {

/// What the draws met of what makes a chip's timing hard: numbers of draws, but for the first four.
struct Coverage {
  std::int64_t commands = 0, compared = 0, replayed = 0, macs = 0;
  std::int64_t draws = 0, all_kinds = 0, inferences = 0, mapped = 0;
  std::int64_t reductions_in_parts = 0, column_blocks = 0, folds = 0, groups = 0, spills = 0;
  std::int64_t several_tiles = 0, fp16_arrays = 0, fp8 = 0;
  std::int64_t several_cores = 0, multicasts = 0, sums_over_cores = 0, exchanges = 0;
  std::int64_t wide_parts = 0, chained_runs = 0, memory_stops = 0;

  Coverage& operator+=(const Coverage& other);
};

struct CoverageItem {
  std::int64_t Coverage::*count;
  const char* text;  // behind the number
  bool must_occur;   // or the draws would prove nothing about it
};
inline constexpr CoverageItem kCoverage[] = {
    {&Coverage::draws, "draws", false},
    {&Coverage::commands, "commands", false},
    {&Coverage::macs, "MACs", false},
    {&Coverage::compared, "results of the RTL as the model's", true},
    {&Coverage::replayed, "of RTL and model as a trainer's", true},
    {&Coverage::all_kinds, "draws with all kinds of layers", true},
    {&Coverage::inferences, "inferences", true},
    {&Coverage::mapped, "with random mappings", true},
    {&Coverage::reductions_in_parts, "with reductions in parts", true},
    {&Coverage::column_blocks, "with several blocks of columns", true},
    {&Coverage::folds, "with folds", true},
    {&Coverage::groups, "with groups", true},
    {&Coverage::spills, "with spills", true},
    {&Coverage::several_tiles, "with several tiles", true},
    {&Coverage::fp16_arrays, "with an FP16 array", true},
    {&Coverage::fp8, "with fp8", true},
    {&Coverage::several_cores, "with several cores", true},
    {&Coverage::multicasts, "with multicasts", true},
    {&Coverage::sums_over_cores, "with sums over cores", true},
    {&Coverage::exchanges, "with an exchange of gradients", true},
    {&Coverage::wide_parts, "with parts of a reduction in several blocks of columns", true},
    {&Coverage::chained_runs, "with results passed in the stream buffer", true},
    {&Coverage::memory_stops, "with several memory stops", true},
};

inline Coverage& Coverage::operator+=(const Coverage& other) {
  for (const CoverageItem& item : kCoverage) this->*item.count += other.*item.count;
  return *this;
}

/// All of it in one line.
inline std::string totals(const Coverage& coverage) {
  std::string text;
  for (const CoverageItem& item : kCoverage) {
    text += (text.empty() ? "" : ", ") + std::to_string(coverage.*item.count) + " " + item.text;
  }
  return text;
}

}  // namespace nibble::test
