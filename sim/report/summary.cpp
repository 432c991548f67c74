#include "sim/report/summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr int kBarWidth = 30;

/// What a stall cause means, for a reader who meets it for the first time.
std::string stall_text(const std::string& cause) {
  if (cause == "weight_load") return "weights not loaded yet";
  if (cause == "fill_drain") return "pipeline fills or empties";
  if (cause == "fp16_tile") return "FP16 tile runs a layer";
  if (cause == "sfu") return "SFU does element-wise work";
  if (cause == "dram") return "DMA moves data";
  if (cause == "token") return "fences, tokens, command issue";
  return cause;
}

double number(const Json& json, const char* key) { return json.at(key).get<double>(); }
long long whole(const Json& json, const char* key) { return json.at(key).get<long long>(); }
std::string text(const Json& json, const char* key) { return json.at(key).get<std::string>(); }
double percent(double part, double of) { return of == 0 ? 0 : 100 * part / of; }

/// Collects the page's lines.
class Page {
 public:
  template <typename... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    text_ += fmt::format(format, std::forward<Values>(values)...);
    while (!text_.empty() && text_.back() == ' ') text_.pop_back();
    text_ += '\n';
  }
  void heading(const std::string& title) {
    line("\n{}\n{}", title, std::string(title.size(), '-'));
  }
  void share(const std::string& name, double part, double of, const std::string& value) {
    line("  {:<34}{:>12}{:>7.1f} %  {}", name, value, percent(part, of), bar(part / of, kBarWidth));
  }
  [[nodiscard]] const std::string& str() const { return text_; }

 private:
  std::string text_;
};

/// What the engines rtl and model do with values.
std::string values_text(const Json& r) {
  const Json& rtl = r.at("rtl");
  const bool every = rtl.at("commands_run") == rtl.at("commands");
  const std::string which =
      every ? "every GEMM"
            : fmt::format("{} of {} tile commands", grouped(whole(rtl, "commands_run")),
                          grouped(whole(rtl, "commands")));
  const char* how = r.at("engine") == "rtl" ? "on Verilated tiles inside the SystemC chip"
                                            : "in the bit-exact model";
  return fmt::format("{} {} {}{}", which, every ? "runs" : "run", how,
                     rtl.at("operands") == "synthetic" ? ", random operands" : "");
}

void head(Page& page, const Json& r) {
  page.line("NibbleSim | {} | {} on {}", text(r, "experiment"), text(r, "network"),
            text(r, "chip"));
  page.line("{} of {} images, engine {}:\n{}",
            r.at("mode") == "training" ? "One training step" : "Inference", whole(r, "batch"),
            text(r, "engine"),
            r.at("engine") == "timing" ? "closed-form tile times, no values" : values_text(r));
}

void what_if(Page& page, const Json& r) {
  if (r.contains("overrides")) {
    for (const Json& change : r.at("overrides")) {
      page.line("--set {}", change.get<std::string>());
    }
  }
  const Json& ideal = r.at("ideal");
  if (ideal.at("dram").get<bool>()) page.line("WHAT IF: DRAM transfers take no time and no energy");
  if (ideal.at("sfu").get<bool>()) page.line("WHAT IF: SFU work takes no time");
  if (ideal.at("ring").get<bool>()) page.line("WHAT IF: transfers between cores take no time");
  if (ideal.at("array").get<bool>()) page.line("WHAT IF: arrays always compute at their peak rate");
}

void row(Page& page, const std::string& name, const std::string& chip, const std::string& twin,
         const std::string& gain) {
  page.line("  {:<32}{:>16}{:>16}{:>12}", name, chip, twin, gain);
}

void twins(Page& page, const Json& r) {
  const Json& twin = r.at("baseline_fp16");
  const auto array = [](const Json& chip) {
    const Json& a = chip.at("array");
    return fmt::format("{}x{}x{}", whole(a, "tiles"), whole(a, "lanes"), whole(a, "columns"));
  };
  const auto ratio = [](double value) { return fmt::format("{:.2f} x", value); };
  page.heading("4-bit chip beside its FP16 twin (" + text(twin, "kind") + ")");
  row(page, "", text(r, "chip"), text(twin, "chip"), "gain");
  row(page, "array, tiles x lanes x columns", array(r), array(twin), "");
  row(page, "peak", fmt::format("{:.2f} TOPS", number(r, "peak_tops")),
      fmt::format("{:.2f} TOPS", number(twin, "peak_tops")),
      ratio(number(r, "peak_ratio_vs_fp16")));
  row(page, "time", with_unit(number(r, "time_s"), "s"), with_unit(number(twin, "time_s"), "s"),
      ratio(number(r, "speedup_vs_fp16")));
  row(page, "cycles", grouped(whole(r, "cycles")), grouped(whole(twin, "cycles")), "");
  row(page, "energy", with_unit(number(r.at("energy_j"), "total"), "J"),
      with_unit(number(twin.at("energy_j"), "total"), "J"),
      ratio(number(r, "energy_gain_vs_fp16")));
  row(page, "utilization of the main array",
      fmt::format("{:.1f} %", 100 * number(r, "utilization")),
      fmt::format("{:.1f} %", 100 * number(twin, "utilization")), "");
  row(page, "sustained, FP16 tile included",
      fmt::format("{:.3f} TOPS", number(r, "sustained_tops")),
      fmt::format("{:.3f} TOPS", number(twin, "sustained_tops")), "");
  row(page, "area", fmt::format("{:.2f} mm2", number(r.at("area_mm2"), "total")),
      fmt::format("{:.2f} mm2", number(twin.at("area_mm2"), "total")), "");
}

void waterfall(Page& page, const Json& r) {
  page.heading("From the peak ratio to the speed-up");
  const Json& steps = r.at("loss_waterfall");
  const double most = number(steps.front(), "ratio");
  for (const Json& step : steps) {
    const std::string factor =
        &step == &steps.front() ? "" : fmt::format("x {:.2f}", number(step, "factor"));
    page.line("  {:<40}{:>8}  {:>6.2f} x  {}", text(step, "name"), factor, number(step, "ratio"),
              bar(number(step, "ratio") / most, kBarWidth));
  }
}

void cycles(Page& page, const Json& r) {
  const double all = number(r, "cycles");
  page.heading("Where the array's cycles went");
  page.share("streaming rows", number(r, "streaming_cycles"), all,
             grouped(whole(r, "streaming_cycles")));
  for (const auto& [cause, stall] : r.at("stalls").items()) {
    if (stall.get<long long>() == 0) continue;
    page.share(stall_text(cause), stall.get<double>(), all, grouped(stall.get<long long>()));
  }
}

void dram(Page& page, const Json& r) {
  const Json& d = r.at("dram");
  const double moved = number(d, "bytes_read") + number(d, "bytes_written");
  page.heading(fmt::format("DRAM: {} x {} channels, {:.1f} GB/s", text(d, "device"),
                           whole(d, "channels"), number(d, "peak_gb_per_s")));
  page.line("  read {}, written {}: {:.2f} x the {} that no scratchpad could avoid",
            bytes_text(number(d, "bytes_read")), bytes_text(number(d, "bytes_written")),
            moved / number(d, "compulsory_bytes"), bytes_text(number(d, "compulsory_bytes")));
  page.line("  row hits {:.1f} %, bus used {:.1f} % of the time", 100 * number(d, "row_hit_rate"),
            100 * number(d, "utilization"));
}

void energy(Page& page, const Json& r) {
  const Json& e = r.at("energy_j");
  page.heading(fmt::format("Energy: {}, {} on average, {:.2f} TOPS/W",
                           with_unit(number(e, "total"), "J"),
                           with_unit(number(r, "average_power_w"), "W"), number(r, "tops_per_w")));
  for (const auto& [part, joules] : e.items()) {
    if (part == "total" || joules.get<double>() == 0) continue;
    page.share(part, joules.get<double>(), number(e, "total"),
               with_unit(joules.get<double>(), "J"));
  }
}

void slowest(Page& page, const Json& r) {
  constexpr std::size_t kShown = 8;
  std::vector<const Json*> layers;
  for (const Json& layer : r.at("layers")) layers.push_back(&layer);
  std::stable_sort(layers.begin(), layers.end(), [](const Json* a, const Json* b) {
    return number(*a, "cycles") > number(*b, "cycles");
  });
  layers.resize(std::min(layers.size(), kShown));
  page.heading(fmt::format("The {} longest of {} stages", layers.size(), r.at("layers").size()));
  page.line("  {:<14}{:<9}{:>16}{:>12}{:>8}{:>9}  {}", "layer", "pass", "M x N x K", "cycles",
            "share", "util.", "main stall");
  for (const Json* layer : layers) {
    const auto& stalls = layer->at("stalls");
    std::string main_cause = "none";
    long long most = 0;
    for (const auto& [cause, stall] : stalls.items()) {
      if (stall.get<long long>() > most) {
        most = stall.get<long long>();
        main_cause = cause;
      }
    }
    page.line("  {:<14}{:<9}{:>16}{:>12}{:>6.1f} %{:>7.1f} %  {}", text(*layer, "name"),
              text(*layer, "pass"), text(*layer, "shape"), grouped(whole(*layer, "cycles")),
              percent(number(*layer, "cycles"), number(r, "cycles")),
              100 * number(*layer, "utilization"), main_cause);
  }
}

void accuracy(Page& page, const Json& r) {
  if (!r.contains("accuracy")) return;
  const Json& a = r.at("accuracy");
  page.heading("Accuracy: " + text(a, "task") + ", " + text(a, "metric"));
  if (!a.at("fp32").is_null()) {
    page.line("  {:<38}{:>7.2f}", "trained in FP32", number(a, "fp32"));
  }
  if (!a.at("nibble4").is_null()) {
    page.line("  {:<38}{:>7.2f}", "trained in 4 bits", number(a, "nibble4"));
  }
  if (a.contains("chip")) {
    page.line("  {:<38}{:>7.2f}   ({} of {} right)",
              fmt::format("the first {} test images", whole(a, "images")), number(a, "chip"),
              whole(a, "correct"), whole(a, "images"));
    page.line("  (images: GEMMs on the {}, element-wise work in the reference model)",
              r.at("engine") == "rtl" ? "Verilated tiles" : "model's tiles");
  }
}

void inference(Page& page, const Json& r) {
  if (!r.contains("inference")) return;
  const Json& i = r.at("inference");
  page.heading("Inference");
  page.line("  {} images a second in batches of {}, {} an image, utilization {:.1f} %",
            grouped(std::llround(number(i, "images_per_s"))), whole(i, "batch"),
            with_unit(number(i, "energy_j_per_image"), "J"), 100 * number(i, "utilization"));
}

void sources(Page& page, const Json& r) {
  page.heading("What this rests on");
  page.line("  measured  cycles{} of the 4-bit chip's arrays: {}",
            r.at("engine") == "timing" ? "" : " and bits",
            r.at("engine") == "rtl" ? "the RTL's own" : "the closed forms that the RTL keeps");
  page.line(
      "  computed  the twin's arrays by the same closed forms; its RTL is built in other sizes");
  page.line("  cited     DRAM timing rules (configs/dram/), FP16 and FP32 energies and areas");
  page.line(
      "  assumed   an FP16 FMA has {:.1f} times the area of a 4-bit MAC; SFU cycles; clock and",
      number(r, "fp16_area_ratio"));
  page.line(
      "            buffer sizes; 4-bit, scratchpad, DRAM and leakage energies: every line that");
  page.line("            says ASSUMED in configs/chips/ and configs/energy/{}.yaml ({:.0f} nm)",
            text(r, "energy_table"), number(r, "energy_node_nm"));
}

void checks(Page& page, const Json& r) {
  page.heading("Checks");
  if (r.contains("rtl")) {
    const Json& rtl = r.at("rtl");
    const bool has_trace = rtl.at("operands") == "trace";
    if (has_trace || whole(rtl, "compared") > 0) {
      page.line("  {} results compared with the {}'s, {} mismatches",
                grouped(whole(rtl, "compared")), has_trace ? "trainer" : "model",
                grouped(whole(rtl, "mismatches")));
    } else {
      page.line("  results of random operands, compared with nothing (--check: with the model's)");
    }
    if (whole(rtl, "mismatches") > 0) page.line("  first: {}", text(rtl, "first_mismatch"));
    if (rtl.contains("inference_compared")) {
      page.line("  {} logits compared with the model's, {} mismatches",
                grouped(whole(rtl, "inference_compared")),
                grouped(whole(rtl, "inference_mismatches")));
    }
  }
  const Json& host = r.at("host");
  if (host.contains("timing_engine_s")) {
    page.line("  engine timing: {} cycles, {} {} cycles; {} instead of {}",
              grouped(whole(host, "timing_engine_cycles")), text(r, "engine"),
              grouped(whole(r, "cycles")), with_unit(number(host, "timing_engine_s"), "s"),
              with_unit(number(host, "simulation_s"), "s"));
  }
  page.line("  every MAC once, busy + stalls = cycles, {}stages add up in energy: good",
            r.at("ideal").at("dram").get<bool>() ? "" : "DRAM bytes >= compulsory, ");
  page.line("  host: {} in all, {} peak memory", with_unit(number(host, "wall_s"), "s"),
            bytes_text(number(host, "peak_rss_bytes")));
}

}  // namespace

std::string summary_page(const Json& result) {
  Page page;
  head(page, result);
  what_if(page, result);
  twins(page, result);
  waterfall(page, result);
  cycles(page, result);
  dram(page, result);
  energy(page, result);
  slowest(page, result);
  inference(page, result);
  accuracy(page, result);
  sources(page, result);
  checks(page, result);
  return page.str();
}

}  // namespace nibble
