#include "sim/report/summary.h"

#include <cmath>

#include "sim/report/page.h"
#include "sim/report/summary_costs.h"
#include "sim/report/summary_precision.h"
#include "sim/report/summary_sources.h"
#include "sim/report/summary_stages.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr double kShownAsGain = 1.005;  // the smallest factor that is printed as more than 1.00

/// "1 image", "8 images".
std::string counted(long long count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What the engines rtl and model do with values.
std::string values_text(const Json& r) {
  const Json& rtl = r.at("rtl");
  const bool every = rtl.at("commands_run") == rtl.at("commands");
  const std::string which =
      every ? "every GEMM"
            : fmt::format("{} of {} tile commands", grouped(whole(rtl, "commands_run")),
                          grouped(whole(rtl, "commands")));
  if (whole(rtl, "commands_run") == 0) return "no GEMM has values: " + std::string(kOnlyFp8);
  const char* how = r.at("engine") == "rtl" ? "on Verilated tiles inside the SystemC chip"
                                            : "in the bit-exact model";
  return fmt::format("{} {} {}{}", which, every ? "runs" : "run", how,
                     rtl.at("operands") == "synthetic" ? ", random operands" : "");
}

/// What the experiment asks for and the engine timing, which has no values, does not do.
void not_computed(Page& page, const Json& r) {
  if (r.at("engine") != "timing") return;
  const std::string trace = r.at("trace").is_null() ? "" : "results of trace " + text(r, "trace");
  const std::string accuracy = r.contains("inference") ? "accuracy" : "";
  if (trace.empty() && accuracy.empty()) return;
  page.line("not computed: {}{}{}; engines rtl and model do", trace,
            trace.empty() || accuracy.empty() ? "" : ", ", accuracy);
}

void head(Page& page, const Json& r) {
  page.line("NibbleSim | {} | {} on {}", text(r, "experiment"), text(r, "network"),
            text(r, "chip"));
  page.line("{} of {}, engine {}:\n{}",
            r.at("mode") == "training" ? "One training step" : "Inference",
            counted(whole(r, "batch"), text(r, "sample")), text(r, "engine"),
            r.at("engine") == "timing" ? "closed-form tile times, no values" : values_text(r));
  not_computed(page, r);
}

void what_if(Page& page, const Json& r) {
  if (r.contains("overrides")) {
    for (const Json& change : r.at("overrides")) {
      page.line("--set {}", change.get<std::string>());
    }
  }
  add_what_ifs(page, r.at("ideal"));
}

void row(Page& page, const std::string& name, const std::string& chip, const std::string& twin = {},
         const std::string& gain = {}) {
  page.line("  {:<32}{:>16}{:>16}{:>12}", name, chip, twin, gain);
}

/// One line of the chip's own; `of` prints it for either chip.
template <typename Of>
void row_of_both(Page& page, const std::string& name, const Json& r, const Of& of,
                 const char* gain = nullptr) {
  if (!r.contains("baseline_fp16")) return row(page, name, of(r));
  row(page, name, of(r), of(r.at("baseline_fp16")),
      gain == nullptr ? "" : fmt::format("{:.2f} x", number(r, gain)));
}

void twin_heading(Page& page, const Json& r) {
  if (!r.contains("baseline_fp16")) return page.heading("The chip, with no FP16 twin beside it");
  const Json& twin = r.at("baseline_fp16");
  const bool fp8 = text(twin, "precision") == "fp8";
  page.heading(
      fmt::format("4-bit chip beside its {} twin ({})", fp8 ? "FP8" : "FP16", text(twin, "kind")));
  if (fp8) {
    page.line(
        "  the twin's FP16 array computes in HFP8, at twice its rate, all that the chip does "
        "not keep in fp16");
  }
  row(page, "", text(r, "chip"), text(twin, "chip"), "gain");
}

void chips(Page& page, const Json& r) {
  const bool cores = whole(r, "cores") > 1;
  const auto array = [&](const Json& chip) {
    const Json& a = chip.at("array");
    return fmt::format("{}{}x{}x{}", cores ? fmt::format("{} x ", whole(chip, "cores")) : "",
                       whole(a, "tiles"), whole(a, "lanes"), whole(a, "columns"));
  };
  twin_heading(page, r);
  row_of_both(page, cores ? "cores x tiles x lanes x columns" : "array, tiles x lanes x columns", r,
              array);
  row_of_both(
      page, "peak", r,
      [](const Json& at) { return fmt::format("{:.2f} TOPS", number(at, "peak_tops")); },
      "peak_ratio_vs_fp16");
  row_of_both(
      page, "time", r, [](const Json& at) { return with_unit(number(at, "time_s"), "s"); },
      "speedup_vs_fp16");
  row_of_both(page, "cycles", r, [](const Json& at) { return grouped(whole(at, "cycles")); });
  row_of_both(
      page, "energy", r,
      [](const Json& at) { return with_unit(number(at.at("energy_j"), "total"), "J"); },
      "energy_gain_vs_fp16");
  if (r.contains("baseline_fp16") && text(r.at("baseline_fp16"), "kind") == "equal_power") {
    row_of_both(page, "power of arrays at full rate", r,
                [](const Json& at) { return with_unit(number(at, "array_power_w"), "W"); });
  }
  row_of_both(page, "utilization of the main array", r, [](const Json& at) {
    return fmt::format("{:.1f} %", 100 * number(at, "utilization"));
  });
  row_of_both(page, "utilization, FP16 tile included", r, [](const Json& at) {
    return fmt::format("{:.1f} %", percent(number(at, "cycles_at_peak"), number(at, "cycles")));
  });
  row_of_both(page, "sustained, FP16 tile included", r, [](const Json& at) {
    return fmt::format("{:.3f} TOPS", number(at, "sustained_tops"));
  });
  row_of_both(page, "area", r, [](const Json& at) {
    return fmt::format("{:.2f} mm2", number(at.at("area_mm2"), "total"));
  });
}

void waterfall(Page& page, const Json& r) {
  if (!r.contains("loss_waterfall")) return;
  page.heading("From the peak ratio to the speed-up");
  const Json& steps = r.at("loss_waterfall");
  const double most = number(steps.front(), "ratio");
  bool gains = false;
  for (const Json& step : steps) {
    const std::string factor =
        &step == &steps.front() ? "" : fmt::format("x {:.2f}", number(step, "factor"));
    page.line("  {:<40}{:>8}  {:>6.2f} x  {}", text(step, "name"), factor, number(step, "ratio"),
              bar(number(step, "ratio") / most, kBarWidth));
    gains = gains || (&step != &steps.front() && number(step, "factor") >= kShownAsGain);
  }
  if (gains) page.line("  (a factor above 1: this takes a larger share of the twin's time)");
}

void epoch(Page& page, const Json& r) {
  if (!r.contains("epoch")) return;
  const Json& e = r.at("epoch");
  page.heading(fmt::format("An epoch: {} {}s in {} steps", grouped(whole(e, "samples")),
                           text(r, "sample"), grouped(whole(e, "steps"))));
  const Json* twin = e.contains("baseline_fp16") ? &e.at("baseline_fp16") : nullptr;
  const auto row_of_epoch = [&](const std::string& name, const auto& of) {
    row(page, name, of(e), twin == nullptr ? "" : of(*twin));
  };
  row_of_epoch("time", [](const Json& at) { return with_unit(number(at, "time_s"), "s"); });
  row_of_epoch("energy", [](const Json& at) { return with_unit(number(at, "energy_j"), "J"); });
  for (const char* level : {"low", "high"}) {
    row_of_epoch(fmt::format("  at the {} of published", level), [&](const Json& at) {
      return with_unit(number(at.at("energy_range_j"), level), "J");
    });
  }
  if (!e.contains("battery_wh")) return;
  row_of_epoch(fmt::format("of a battery of {:g} Wh", number(e, "battery_wh")), [](const Json& at) {
    return fmt::format("{:.2g} %", number(at, "battery_percent"));
  });
  page.line("  (the chip and its DRAM alone: no screen, no losses of conversion)");
}

void inference(Page& page, const Json& r) {
  if (!r.contains("inference")) return;
  const Json& i = r.at("inference");
  page.heading("Inference");
  const std::string sample = text(r, "sample");
  page.line("  {} {}s a second in batches of {}, {} {} {}, utilization {:.1f} %",
            grouped(std::llround(number(i, "images_per_s"))), sample, whole(i, "batch"),
            with_unit(number(i, "energy_j_per_image"), "J"), sample == "image" ? "an" : "a", sample,
            100 * number(i, "utilization"));
}

void accuracy(Page& page, const Json& r) {
  if (!r.contains("accuracy")) return;
  const Json& a = r.at("accuracy");
  page.heading("Accuracy: " + text(a, "task") + ", " + text(a, "metric"));
  if (!a.at("fp32").is_null()) {
    page.line("  {:<38}{:>7.2f}", "trained in FP32", number(a, "fp32"));
  }
  if (!a.at("nibble4").is_null()) {
    const Json& recipe = a.at("recipe");
    page.line(
        "  {:<38}{:>7.2f}",
        recipe.is_null() ? "trained in 4 bits" : "trained by recipe " + recipe.get<std::string>(),
        number(a, "nibble4"));
  }
  if (a.contains("chip")) {
    page.line("  {:<38}{:>7.2f}   ({} of {} right)",
              fmt::format("the first {} test {}s", whole(a, "images"), text(r, "sample")),
              number(a, "chip"), whole(a, "correct"), whole(a, "predictions"));
    page.line("  ({}s: GEMMs on the {}, element-wise work in the reference model)",
              text(r, "sample"), r.at("engine") == "rtl" ? "Verilated tiles" : "model's tiles");
  }
}

}  // namespace

std::string summary_page(const Json& result) {
  Page page;
  head(page, result);
  what_if(page, result);
  chips(page, result);
  waterfall(page, result);
  add_precision(page, result);
  add_costs(page, result);
  add_stages(page, result);
  epoch(page, result);
  inference(page, result);
  accuracy(page, result);
  add_sources(page, result);
  add_checks(page, result);
  return page.str();
}

}  // namespace nibble
