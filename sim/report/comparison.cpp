#include "sim/report/comparison.h"

#include <string>

#include "sim/report/comparison_layers.h"
#include "sim/report/comparison_setup.h"
#include "sim/report/comparison_words.h"
#include "sim/report/time_scale.h"

namespace nibble {
namespace {

/// Of two numbers; no ratio to nothing.
Json ratio(double a, double b) { return a == 0 ? Json() : Json(b / a); }

void add_headline(Json& headline, const char* key, double a, double b) {
  headline[key] = {{"a", a}, {"b", b}, {"ratio", ratio(a, b)}};
}

Json headline_json(const Json& a, const Json& b, bool per_sample) {
  Json headline;
  const auto both = [&](const char* key) {
    if (a.contains(key) && b.contains(key)) {
      add_headline(headline, key, number(a, key), number(b, key));
    }
  };
  const auto energy = [](const Json& of) { return number(of.at("energy_j"), "total"); };
  const auto dram = [](const Json& of) {
    return number(of.at("dram"), "bytes_read") + number(of.at("dram"), "bytes_written");
  };
  both("time_s");
  if (per_sample) {
    add_headline(headline, "time_s_per_sample", number(a, "time_s") / number(a, "batch"),
                 number(b, "time_s") / number(b, "batch"));
  }
  both("cycles");
  add_headline(headline, "energy_j", energy(a), energy(b));
  if (per_sample) {
    add_headline(headline, "energy_j_per_sample", energy(a) / number(a, "batch"),
                 energy(b) / number(b, "batch"));
  }
  add_headline(headline, "dram_bytes", dram(a), dram(b));
  for (const char* key : {"average_power_w", "utilization", "sustained_tops", "peak_tops",
                          "speedup_vs_fp16", "energy_gain_vs_fp16"}) {
    both(key);
  }
  add_headline(headline, "area_mm2", number(a.at("area_mm2"), "total"),
               number(b.at("area_mm2"), "total"));
  return headline;
}

Json cause_json(const std::string& cause, long long a, long long b) {
  return {{"cause", cause}, {"a_cycles", a}, {"b_cycles", b}, {"difference_cycles", b - a}};
}

/// Shares of the whole difference; null where there is none.
template <typename Number>
void add_shares(Json& parts, const char* difference, const char* share, Number whole_difference) {
  for (Json& part : parts) {
    const auto own = part.at(difference).get<Number>();
    if (whole_difference == 0) {
      part[share] = Json();
    } else {
      part[share] =
          own == 0 ? 0.0 : static_cast<double>(own) / static_cast<double>(whole_difference);
    }
  }
}

/// Of the main arrays' cycles, summed over the cores: they add up to cycles x cores.
Json causes_json(const Json& a, const Json& b, const TimeScale& scale_a, const TimeScale& scale_b) {
  Json causes = Json::array();
  causes.push_back(
      cause_json("streaming", whole(a, "streaming_cycles"), whole(b, "streaming_cycles")));
  for (const auto& [cause, stall] : a.at("stalls").items()) {
    causes.push_back(
        cause_json(cause, stall.get<long long>(), whole(b.at("stalls"), cause.c_str())));
  }
  for (Json& cause : causes) {
    cause["a_s"] = scale_a.of_cores(whole(cause, "a_cycles"));
    cause["b_s"] = scale_b.of_cores(whole(cause, "b_cycles"));
    cause["difference_s"] = number(cause, "b_s") - number(cause, "a_s");
  }
  add_shares(causes, "difference_cycles", "share_of_cycles",
             whole(b, "cycles") * scale_b.cores - whole(a, "cycles") * scale_a.cores);
  add_shares(causes, "difference_s", "share_of_time",
             scale_b.of(whole(b, "cycles")) - scale_a.of(whole(a, "cycles")));
  return causes;
}

Json energy_json(const Json& a, const Json& b, bool per_sample) {
  const double samples_a = per_sample ? number(a, "batch") : 1;
  const double samples_b = per_sample ? number(b, "batch") : 1;
  Json parts = Json::array();
  double total = 0;
  for (const auto& [part, joules] : a.at("energy_j").items()) {
    const double of_a = joules.get<double>() / samples_a;
    const double of_b = b.at("energy_j").value(part, 0.0) / samples_b;
    if (part == "total") {
      total = of_b - of_a;
      continue;
    }
    parts.push_back({{"part", part}, {"a_j", of_a}, {"b_j", of_b}, {"difference_j", of_b - of_a}});
  }
  add_shares(parts, "difference_j", "share", total);
  return parts;
}

}  // namespace

Json comparison(const Json& a, const Json& b) {
  const bool per_sample = a.at("batch") != b.at("batch");
  const TimeScale scale_a(a, per_sample);
  const TimeScale scale_b(b, per_sample);
  const auto run = [](const Json& of) -> Json {
    return {{"experiment", of.at("experiment")},
            {"network", of.at("network")},
            {"chip", of.at("chip")},
            {"mode", of.at("mode")},
            {"batch", of.at("batch")},
            {"sample", of.at("sample")},
            {"engine", of.at("engine")},
            {"cores", of.at("cores")},
            {"cycles", of.at("cycles")},
            {"core_cycles", whole(of, "cycles") * whole(of, "cores")}};
  };
  Json json;
  json["a"] = run(a);
  json["b"] = run(b);
  json["per_sample"] = per_sample;
  json["sample"] = a.at("sample") == b.at("sample") ? a.at("sample") : Json("sample");
  json["same_cycles"] =
      scale_a.cores == scale_b.cores && scale_a.seconds_a_cycle == scale_b.seconds_a_cycle;
  json["setup"] = different_setup(a, b);
  json["headline"] = headline_json(a, b, per_sample);
  json["causes"] = causes_json(a, b, scale_a, scale_b);
  json["energy"] = energy_json(a, b, per_sample);
  compare_layers(json, a, b, scale_a, scale_b);
  json["words"] = comparison_words(json);
  return json;
}

}  // namespace nibble
