#include "sim/report/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/report/page.h"
#include "sim/report/summary_costs.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr std::size_t kPageWidth = 100;

std::string signed_count(long long count) { return (count > 0 ? "+" : "") + grouped(count); }

std::string signed_unit(double value, const char* unit) {
  return (value > 0 ? "+" : "") + with_unit(value, unit);
}

std::string share_text(const Json& share) {
  return share.is_null() ? "-" : fmt::format("{:.1f} %", 100 * share.get<double>());
}

/// "an image", where times and joules are those of one.
std::string sample_text(const Json& c) {
  const std::string sample = text(c, "sample");
  return (sample == "image" ? "an " : "a ") + sample;
}

std::string of_sample(const Json& c) {
  return is_set(c, "per_sample") ? " for " + sample_text(c) : "";
}

void head(Page& page, const Json& c) {
  page.line("NibbleSim | B beside A");
  for (const char* side : {"a", "b"}) {
    const Json& run = c.at(side);
    page.line("{}: {}", side[0] == 'a' ? "A" : "B", run.contains("file") ? text(run, "file") : "");
    page.line("   {} | {} on {}, {} of {} {}{}, engine {}", text(run, "experiment"),
              text(run, "network"), text(run, "chip"), text(run, "mode"), whole(run, "batch"),
              text(run, "sample"), whole(run, "batch") == 1 ? "" : "s", text(run, "engine"));
  }
}

/// A value of the set-up; lists (options) by commas.
std::string value_text(const Json& value) {
  constexpr std::size_t kLongestValue = 32;
  std::string words;
  if (value.is_null()) {
    words = "-";
  } else if (value.is_string()) {
    words = value.get<std::string>();
  } else if (value.is_number_float()) {
    words = fmt::format("{:g}", value.get<double>());
  } else if (value.is_array()) {
    for (const Json& item : value) {
      words +=
          (words.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    }
    if (words.empty()) words = "-";
  } else {
    words = value.dump();
  }
  return shortened(words, kLongestValue);
}

void setup(Page& page, const Json& c) {
  page.heading("What was run differently");
  if (c.at("setup").empty()) {
    return page.line(
        "  nothing that the results record: another program or other files, if anything");
  }
  page.line("  {:<28}{:>34}{:>34}", "", "A", "B");
  for (const Json& at : c.at("setup")) {
    const std::string key = text(at, "key");
    page.line("  {:<28}{:>34}{:>34}", key == "overrides" ? "--set" : shortened(key, 27),
              value_text(at.at("a")), value_text(at.at("b")));
  }
}

void headline(Page& page, const Json& c) {
  page.heading("What came out");
  page.line("  {:<36}{:>18}{:>18}{:>14}", "", "A", "B", "B / A");
  const Json& values = c.at("headline");
  const auto row = [&](const char* key, const std::string& name, const auto& format) {
    if (!values.contains(key)) return;
    const Json& at = values.at(key);
    page.line("  {:<36}{:>18}{:>18}{:>14}", name, format(number(at, "a")), format(number(at, "b")),
              at.at("ratio").is_null() ? "-" : fmt::format("{:.3f}", number(at, "ratio")));
  };
  const auto in = [](const char* unit) {
    return [unit](double value) { return with_unit(value, unit); };
  };
  const auto tops = [](double value) { return fmt::format("{:.3f} TOPS", value); };
  const auto times = [](double value) { return fmt::format("{:.2f} x", value); };
  row("time_s", "time", in("s"));
  row("time_s_per_sample", "time" + of_sample(c), in("s"));
  row("cycles", "cycles", [](double value) { return grouped(std::llround(value)); });
  row("energy_j", "energy", in("J"));
  row("energy_j_per_sample", "energy" + of_sample(c), in("J"));
  row("dram_bytes", "bytes of DRAM", bytes_text);
  row("average_power_w", "average power", in("W"));
  row("utilization", "utilization of the main array",
      [](double value) { return fmt::format("{:.1f} %", 100 * value); });
  row("sustained_tops", "sustained", tops);
  row("peak_tops", "peak", tops);
  row("area_mm2", "area", [](double value) { return fmt::format("{:.2f} mm2", value); });
  row("speedup_vs_fp16", "speed-up over the FP16 twin", times);
  row("energy_gain_vs_fp16", "energy gain over the FP16 twin", times);
}

bool is_nowhere(const Json& cause) {
  return whole(cause, "a_cycles") == 0 && whole(cause, "b_cycles") == 0;
}

void causes(Page& page, const Json& c) {
  const long long all_a = whole(c.at("a"), "core_cycles");
  const long long all_b = whole(c.at("b"), "core_cycles");
  const bool cores = whole(c.at("a"), "cores") > 1 || whole(c.at("b"), "cores") > 1;
  page.heading(cores ? "Where the cycles of all cores' arrays went"
                     : "Where the array's cycles went");
  page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", "", "A", "B", "difference", "share");
  const auto row = [&](const std::string& name, long long a, long long b,
                       const std::string& share) {
    page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", name, grouped(a), grouped(b), signed_count(b - a),
              share);
  };
  for (const Json& cause : c.at("causes")) {
    if (is_nowhere(cause)) continue;
    row(explained(text(cause, "cause")), whole(cause, "a_cycles"), whole(cause, "b_cycles"),
        share_text(cause.at("share_of_cycles")));
  }
  row(cores ? "all: cycles x cores" : "all", all_a, all_b, "");
}

/// Where a cycle of B is not what one of A is: another clock, other cores, another batch.
void times(Page& page, const Json& c) {
  if (is_set(c, "same_cycles")) return;
  page.heading("The same as time" + of_sample(c));
  page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", "", "A", "B", "difference", "share");
  double all_a = 0, all_b = 0;
  for (const Json& cause : c.at("causes")) {
    all_a += number(cause, "a_s");
    all_b += number(cause, "b_s");
    if (is_nowhere(cause)) continue;
    page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", text(cause, "cause"),
              with_unit(number(cause, "a_s"), "s"), with_unit(number(cause, "b_s"), "s"),
              signed_unit(number(cause, "difference_s"), "s"),
              share_text(cause.at("share_of_time")));
  }
  page.line("  {:<36}{:>16}{:>16}{:>17}", "all", with_unit(all_a, "s"), with_unit(all_b, "s"),
            signed_unit(all_b - all_a, "s"));
}

void energy(Page& page, const Json& c) {
  page.heading("Energy" + of_sample(c));
  page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", "", "A", "B", "difference", "share");
  for (const Json& part : c.at("energy")) {
    if (number(part, "a_j") == 0 && number(part, "b_j") == 0) continue;
    page.line("  {:<36}{:>16}{:>16}{:>17}{:>11}", text(part, "part"),
              with_unit(number(part, "a_j"), "J"), with_unit(number(part, "b_j"), "J"),
              signed_unit(number(part, "difference_j"), "J"), share_text(part.at("share")));
  }
}

void layers(Page& page, const Json& c, std::size_t top) {
  const Json& all = c.at("layers");
  if (all.empty()) return page.heading("No layer is in both");
  std::vector<const Json*> differing;  // the largest first
  for (const Json& at : all) {
    if (number(at, "difference_s") != 0) differing.push_back(&at);
  }
  if (differing.empty()) return page.heading("All layers take the same cycles");
  constexpr std::size_t kLongestName = 22;
  const std::size_t shown = std::min(differing.size(), top);
  const bool cycles = is_set(c, "same_cycles");
  page.heading(fmt::format("Which layers: {} of {} kinds of stages that differ, in cycles", shown,
                           differing.size()));
  page.line("  {:<24}{:<9}{:>5}{:>14}{:>14}{:>15}   {}", "layer", "pass", "", "A, each", "B, each",
            cycles ? "difference" : "time", "main cause");
  for (std::size_t i = 0; i < shown; ++i) {
    const Json& at = *differing[i];
    page.line("  {:<24}{:<9}{:>5}{:>14}{:>14}{:>15}   {}",
              shortened(text(at, "name"), kLongestName), text(at, "pass"),
              whole(at, "count") == 1 ? "" : fmt::format("x {}", whole(at, "count")),
              grouped(whole(at, "a_cycles")), grouped(whole(at, "b_cycles")),
              cycles ? signed_count(whole(at, "difference_cycles"))
                     : signed_unit(number(at, "difference_s"), "s"),
              text(at, "main_cause"));
  }
}

void only_in(Page& page, const Json& c, const char* side) {
  const Json& stages = c.at(std::string("only_in_") + side);
  if (stages.empty()) return;
  constexpr std::size_t kNamed = 3;
  constexpr std::size_t kLongestName = 20;
  long long cycles = 0;
  std::string names;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    cycles += whole(stages.at(i), "cycles");
    if (i >= kNamed) continue;
    names += fmt::format("{}{} {}", i == 0 ? "" : ", ",
                         shortened(text(stages.at(i), "name"), kLongestName),
                         text(stages.at(i), "pass"));
  }
  const bool more = stages.size() > kNamed;
  page.line("  only in {}: {} {}, {} cycles:", side[0] == 'a' ? "A" : "B", stages.size(),
            stages.size() == 1 ? "stage" : "stages", grouped(cycles));
  page.line("    {}{}", names, more ? ", .." : "");
}

}  // namespace

std::string comparison_page(const Json& comparison, std::size_t top) {
  Page page;
  head(page, comparison);
  setup(page, comparison);
  headline(page, comparison);
  causes(page, comparison);
  times(page, comparison);
  energy(page, comparison);
  layers(page, comparison, top);
  for (const char* side : {"a", "b"}) only_in(page, comparison, side);
  page.heading("In short");
  for (const std::string& line : wrapped(text(comparison, "words"), kPageWidth - 2)) {
    page.line("  {}", line);
  }
  return page.str();
}

}  // namespace nibble
