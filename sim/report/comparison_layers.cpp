#include "sim/report/comparison_layers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "sim/report/alike_names.h"

namespace nibble {
namespace {

struct MatchedStage {
  const Json *a, *b;
};

/// Name, pass, and which of several stages of both.
using StageName = std::tuple<std::string, std::string, int>;

std::vector<std::pair<StageName, const Json*>> named_stages(const Json& result) {
  std::vector<std::pair<StageName, const Json*>> stages;
  std::map<std::pair<std::string, std::string>, int> seen;
  for (const Json& layer : result.at("layers")) {
    const std::string name = text(layer, "name");
    const std::string pass = text(layer, "pass");
    stages.push_back({{name, pass, seen[{name, pass}]++}, &layer});
  }
  return stages;
}

Json lonely(const Json& layer) {
  return {{"name", layer.at("name")}, {"pass", layer.at("pass")}, {"cycles", layer.at("cycles")}};
}

/// The cause with most of the difference's own direction, streaming among them, in seconds.
std::pair<std::string, double> main_cause(const MatchedStage& stage, const TimeScale& scale_a,
                                          const TimeScale& scale_b, double direction) {
  const auto difference = [&](long long cycles_a, long long cycles_b) {
    return scale_b.of_cores(cycles_b) - scale_a.of_cores(cycles_a);
  };
  std::pair<std::string, double> most{
      "streaming", difference(whole(*stage.a, "streaming"), whole(*stage.b, "streaming"))};
  for (const auto& [cause, stall] : stage.a->at("stalls").items()) {
    const double seconds =
        difference(stall.get<long long>(), whole(stage.b->at("stalls"), cause.c_str()));
    if (seconds * direction > most.second * direction) most = {cause, seconds};
  }
  return most;
}

/// One entry of stages that are alike.
struct Kind {
  MatchedStage first;
  std::string name;
  long long count = 0;
};

std::vector<Kind> kinds_of(const std::vector<MatchedStage>& stages) {
  using Likeness =
      std::tuple<std::string, std::string, std::string, std::string, long long, long long>;
  std::vector<Kind> kinds;
  std::map<Likeness, std::size_t> known;
  for (const MatchedStage& stage : stages) {
    const std::string name = text(*stage.a, "name");
    const Likeness likeness{without_digits(name),      text(*stage.a, "pass"),
                            text(*stage.a, "shape"),   text(*stage.b, "shape"),
                            whole(*stage.a, "cycles"), whole(*stage.b, "cycles")};
    const auto [at, is_new] = known.emplace(likeness, kinds.size());
    if (is_new) kinds.push_back({stage, name, 0});
    Kind& kind = kinds[at->second];
    ++kind.count;
    if (name != kind.name) kind.name = common_name(kind.name, name);
  }
  return kinds;
}

Json kind_json(const Kind& kind, const TimeScale& scale_a, const TimeScale& scale_b) {
  const long long a = whole(*kind.first.a, "cycles");
  const long long b = whole(*kind.first.b, "cycles");
  const double each_s = scale_b.of(b) - scale_a.of(a);
  const auto [cause, cause_s] = main_cause(kind.first, scale_a, scale_b, each_s < 0 ? -1 : 1);
  const auto count = static_cast<double>(kind.count);
  return {{"name", kind.name},
          {"pass", kind.first.a->at("pass")},
          {"count", kind.count},
          {"a_cycles", a},
          {"b_cycles", b},
          {"difference_cycles", kind.count * (b - a)},
          {"difference_s", count * each_s},
          {"main_cause", each_s == 0 ? "none" : cause},
          {"main_cause_s", each_s == 0 ? 0 : count * cause_s}};
}

}  // namespace

void compare_layers(Json& comparison, const Json& a, const Json& b, const TimeScale& scale_a,
                    const TimeScale& scale_b) {
  std::map<StageName, const Json*> of_b;
  const auto stages_b = named_stages(b);
  for (const auto& [name, layer] : stages_b) of_b.emplace(name, layer);
  std::vector<MatchedStage> matched;
  Json only_in_a = Json::array();
  for (const auto& [name, layer] : named_stages(a)) {
    const auto at = of_b.find(name);
    if (at == of_b.end()) {
      only_in_a.push_back(lonely(*layer));
      continue;
    }
    matched.push_back({layer, at->second});
    of_b.erase(at);
  }
  Json only_in_b = Json::array();
  for (const auto& [name, layer] : stages_b) {
    if (of_b.count(name) != 0) only_in_b.push_back(lonely(*layer));
  }
  std::vector<Json> layers;
  for (const Kind& kind : kinds_of(matched)) layers.push_back(kind_json(kind, scale_a, scale_b));
  std::stable_sort(layers.begin(), layers.end(), [](const Json& left, const Json& right) {
    return std::abs(number(left, "difference_s")) > std::abs(number(right, "difference_s"));
  });
  comparison["layers"] = layers;
  comparison["only_in_a"] = only_in_a;
  comparison["only_in_b"] = only_in_b;
}

}  // namespace nibble
