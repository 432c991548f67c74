#include "sim/report/summary_sources.h"

#include <cmath>

#include <fmt/format.h>

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

/// Not every stage of the engine timing is simulated, or one more than once.
void stages_line(Page& page, const Json& r) {
  if (r.at("engine") != "timing") return;
  const long long simulated = whole(r, "stages_simulated");
  const auto stages = static_cast<long long>(r.at("layers").size());
  if (whole(r.at("mapping"), "search") > 0) {
    page.line("  {} simulations for {} stages: mappings tried, equal stages once",
              grouped(simulated), grouped(stages));
  } else if (simulated < stages) {
    page.line("  {} of {} stages simulated, the others were like one before", grouped(simulated),
              grouped(stages));
  }
}

/// A unit with its area and what that is of, on two lines where one is too long.
void unit(Page& page, const std::string& what, const std::string& netlists) {
  constexpr std::size_t kLongest = 86;
  const bool fits = what.size() + 2 + netlists.size() <= kLongest;
  page.line("            {}:{}", what, fits ? " " + netlists : "");
  if (!fits) page.line("              {}", netlists);
}

/// What MACs take, by which operands.
void mac_energies(Page& page, const Json& r) {
  const Json& macs = r.at("mac_energy");
  const Json fp16 = r.value("/baseline_fp16/mac_energy"_json_pointer, macs).at("fp16");
  const auto range = [](const Json& mac) {
    return fmt::format("({:#.2g} to {:#.2g})", number(mac, "low"), number(mac, "high"));
  };
  const auto pj = [](const Json& mac) { return number(mac, "pj"); };
  const std::string operands = text(macs, "operands");
  page.line("            MACs take, by toggles of these netlists, INT4 {:#.2g} pJ {},",
            pj(macs.at("int4")), range(macs.at("int4")));
  page.line("            FP4 in dgrad {:#.2g} {}, in wgrad {:#.2g} {},", pj(macs.at("fp4_even")),
            range(macs.at("fp4_even")), pj(macs.at("fp4_odd")), range(macs.at("fp4_odd")));
  page.line("            FP16 {:#.2g} {};", pj(fp16), range(fp16));
  page.line("            with the zeros of {}", operands == "trace" ? "the trace" : operands);
}

}  // namespace

void add_density(Page& page, const Json& r) {
  const Json& silicon = r.at("silicon");
  const long long lanes = whole(r.at("array"), "lanes");
  const bool given = is_set(silicon, "ratio_is_given");
  const auto um2 = [&](const char* key) {
    return grouped(std::llround(number(silicon, key))) + " um2";
  };
  page.line("  {:<10}array density {:.1f} x, in cells of {} ({} nm) at {:g} ns, without wires:",
            given ? "given" : "netlists", number(silicon, "area_ratio"), text(silicon, "library"),
            whole(silicon, "node_nm"), number(silicon, "clock_ns"));
  unit(page,
       fmt::format("an FP16 {} {}",
                   text(silicon, "fp16_unit") == "fma"
                       ? "multiply-add"
                       : fmt::format("MAC of a dot product of {} lanes", lanes),
                   um2("fp16_mac_um2")),
       text(silicon, "fp16_netlist"));
  unit(page, fmt::format("a 4-bit MAC of {} lanes {}", lanes, um2("nibble4_mac_um2")),
       given ? "by silicon.area_ratio, whatever its netlist says"
             : text(silicon, "nibble4_netlist"));
  page.line("            (configs/silicon/; other lanes and clocks: rtl/README.md)");
  page.line("            to {:.0f} nm x {:g} (configs/scaling/{}.yaml)",
            number(r, "energy_node_nm"), number(silicon, "area_factor"), text(silicon, "scaling"));
}

void add_sources(Page& page, const Json& r) {
  page.heading("What this rests on");
  if (is_set(r.at("ideal"), "array")) {
    page.line("  assumed   arrays that are full all the time: no RTL keeps these cycles");
  } else {
    page.line("  measured  cycles{} of the 4-bit chip's arrays: {}",
              r.at("engine") == "timing" ? "" : " and bits",
              r.at("engine") == "rtl" ? "the RTL's own" : "the closed forms that the RTL keeps");
    if (r.contains("baseline_fp16")) {
      page.line(
          "  computed  the twin's arrays by the same closed forms; its RTL is built in other "
          "sizes");
    }
  }
  page.line(
      "  cited     DRAM timing rules (configs/dram/); energies, areas of memory and SFU at {:.0f} "
      "nm,",
      number(r, "energy_node_nm"));
  page.line("            each with its source and range (configs/energy/{}.yaml)",
            text(r, "energy_table"));
  add_density(page, r);
  mac_energies(page, r);
  page.line("  assumed   a clock of {:g} MHz: at {:.0f} nm these netlists would have {:.0f};",
            number(r, "clock_mhz"), number(r, "energy_node_nm"),
            number(r.at("silicon"), "clock_mhz_at_node"));
  page.line("            SFU cycles; buffer sizes; leakage, parts of memory energies:");
  page.line("            what says ASSUMED in configs/chips/, configs/dram/ and configs/energy/");
  const bool fp8_twin =
      r.contains("baseline_fp16") && text(r.at("baseline_fp16"), "precision") == "fp8";
  if (whole(r, "fp8_macs_useful") > 0 || fp8_twin) {
    const Json& silicon = r.at("silicon");
    page.line(
        "            an FP16 array does HFP8 at twice its rate: no RTL of that exists (an HFP8");
    page.line("            multiply-add alone has {:.2f} of the FP16 unit's area: {})",
              number(silicon, "fp8_fma_um2") / number(silicon, "fp16_mac_um2"),
              text(silicon, "fp8_netlist"));
  }
}

void add_checks(Page& page, const Json& r) {
  page.heading("Checks");
  if (r.contains("rtl")) {
    const Json& rtl = r.at("rtl");
    const bool has_trace = rtl.at("operands") == "trace";
    if (has_trace || whole(rtl, "compared") > 0) {
      page.line("  {} results compared with the {}'s, {} mismatches",
                grouped(whole(rtl, "compared")), has_trace ? "trainer" : "model",
                grouped(whole(rtl, "mismatches")));
    } else if (whole(rtl, "commands_run") == 0) {
      page.line("  NO RESULT WAS COMPARED, none computed: of the GEMMs {}", kOnlyFp8);
    } else {
      page.line("  results of random operands, compared with nothing (--check: with the model's)");
    }
    if (whole(rtl, "mismatches") > 0) page.line("  first: {}", text(rtl, "first_mismatch"));
    if (whole(rtl, "compared") > 0 && whole(r, "fp8_macs_useful") > 0) {
      page.line("  GEMMs in fp8 are not among them: they ran by the closed form, without values");
    }
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
  stages_line(page, r);
  page.line("  every MAC once, busy + stalls = cycles, {}stages add up in energy: good",
            is_set(r.at("ideal"), "dram") ? "" : "DRAM bytes >= compulsory, ");
  page.line("  host: {} in all, {} peak memory", with_unit(number(host, "wall_s"), "s"),
            bytes_text(number(host, "peak_rss_bytes")));
}

}  // namespace nibble
