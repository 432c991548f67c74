#include "sim/report/summary_stages.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "sim/report/alike_names.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr std::size_t kShown = 8;
constexpr std::size_t kLongestName = 22;
constexpr std::size_t kLongestShape = 17;

/// The first kShown of a list by a key, the largest first.
std::vector<const Json*> largest(const Json& list, const char* key) {
  std::vector<const Json*> items;
  for (const Json& item : list) items.push_back(&item);
  std::stable_sort(items.begin(), items.end(),
                   [&](const Json* a, const Json* b) { return number(*a, key) > number(*b, key); });
  items.resize(std::min(items.size(), kShown));
  return items;
}

std::string main_stall(const Json& layer) {
  std::string main_cause = "none";
  long long most = 0;
  for (const auto& [cause, stall] : layer.at("stalls").items()) {
    if (stall.get<long long>() > most) {
      most = stall.get<long long>();
      main_cause = cause;
    }
  }
  return main_cause;
}

/// Stages that differ in nothing but the number in their layer's name.
struct EqualStages {
  const Json* first = nullptr;
  std::string name;
  long long count = 0;
  [[nodiscard]] long long cycles() const { return count * whole(*first, "cycles"); }
};

/// All kinds of stages, those that take most together first.
std::vector<EqualStages> equal_stages(const Json& layers) {
  std::vector<EqualStages> kinds;
  std::map<std::tuple<std::string, std::string, std::string, long long>, std::size_t> known;
  for (const Json& layer : layers) {
    const std::string name = text(layer, "name");
    const auto key = std::make_tuple(without_digits(name), text(layer, "pass"),
                                     text(layer, "shape"), whole(layer, "cycles"));
    const auto [at, is_new] = known.emplace(key, kinds.size());
    if (is_new) kinds.push_back({&layer, name, 0});
    EqualStages& kind = kinds[at->second];
    ++kind.count;
    if (name != kind.name) kind.name = common_name(kind.name, name);
  }
  std::stable_sort(kinds.begin(), kinds.end(), [](const EqualStages& a, const EqualStages& b) {
    return a.cycles() > b.cycles();
  });
  return kinds;
}

/// On which array a stage multiplies: a mark for the FP16 tile.
const char* tile_mark(const Json& layer) {
  return whole(layer, "array_macs") < whole(layer, "macs") ? "*" : " ";
}

void slowest(Page& page, const Json& r) {
  const std::vector<EqualStages> kinds = equal_stages(r.at("layers"));
  const std::size_t shown = std::min(kinds.size(), kShown);
  std::size_t name = 14;
  std::size_t shape = 16;
  bool marked = false;
  for (std::size_t i = 0; i < shown; ++i) {
    name = std::max(name, std::min(kinds[i].name.size(), kLongestName) + 2);
    shape = std::max(shape, std::min(text(*kinds[i].first, "shape").size(), kLongestShape) + 2);
    marked = marked || *tile_mark(*kinds[i].first) == '*';
  }
  page.heading(fmt::format("Where the time goes: the {} largest of {} kinds of stages, {} in all",
                           shown, kinds.size(), r.at("layers").size()));
  page.line("  {:<{}}{:<8}{:>5}{:>{}}{:>12}{:>8}{:>9}   {}", "layer", name, "pass", "", "M x N x K",
            shape, "cycles each", "share", "util.", "main stall");
  for (std::size_t i = 0; i < shown; ++i) {
    const Json& layer = *kinds[i].first;
    page.line("  {:<{}}{:<8}{:>5}{:>{}}{:>12}{:>6.1f} %{:>7.1f} %{} {}",
              shortened(kinds[i].name, kLongestName), name, text(layer, "pass"),
              kinds[i].count == 1 ? "" : fmt::format("x {}", kinds[i].count),
              shortened(text(layer, "shape"), kLongestShape), shape,
              grouped(whole(layer, "cycles")),
              percent(static_cast<double>(kinds[i].cycles()), number(r, "cycles")),
              100 * number(layer, "utilization"), tile_mark(layer), main_stall(layer));
  }
  if (marked) page.line("  (* on the FP16 tile: of that tile's peak)");
}

/// "split rows, hold stationary, blocks 1 x 2 x 3" without what the table's heading says, and
/// without the split that one core does not have.
std::string mapping_cells(const std::string& mapping, bool cores) {
  std::string cells = mapping;
  for (const char* word : {"split ", "hold ", "blocks "}) {
    const std::size_t at = cells.find(word);
    if (at != std::string::npos) cells.erase(at, std::string(word).size());
  }
  return cores ? cells : cells.substr(cells.find(", ") + 2);
}

/// GEMMs whose mapping is not the rule's: cycles that the search saved, or how many are pinned.
struct MappingRow {
  std::string name, pass, saved, mapping;
};

void mapping_rows(Page& page, const std::vector<MappingRow>& rows, bool cores) {
  std::size_t name = 14;
  for (const MappingRow& row : rows) {
    name = std::max(name, std::min(row.name.size(), kLongestName) + 2);
  }
  page.line("  {:<{}}{:<9}{:>12}  {}", "layer", name, "pass", "saved",
            cores ? "split over cores, held, block M x N x K" : "held, block M x N x K");
  for (const MappingRow& row : rows) {
    page.line("  {:<{}}{:<9}{:>12}  {}", shortened(row.name, kLongestName), name, row.pass,
              row.saved, mapping_cells(row.mapping, cores));
  }
}

void mappings(Page& page, const Json& r) {
  const Json& mapping = r.at("mapping");
  const Json& pins = mapping.at("pins");
  const Json& changed = mapping.at("changed");
  const long long searched = whole(mapping, "search");
  if (searched == 0 && pins.empty()) return;
  page.heading(fmt::format("Mappings: {} by search, {} pinned", changed.size(), pins.size()));
  if (searched > 0) {
    page.line("  up to {} others simulated for each GEMM: {} cycles saved", searched,
              grouped(whole(r, "cycles_saved_by_search")));
  } else {
    page.line("  pinned by the experiment, the others by the compiler's rule");
  }
  const std::size_t shown = std::min(pins.size(), kShown);
  std::vector<MappingRow> rows;
  rows.reserve(kShown + shown);
  for (const Json* at : largest(changed, "cycles_saved")) {
    rows.push_back({text(*at, "name"), text(*at, "pass"), grouped(whole(*at, "cycles_saved")),
                    text(*at, "found")});
  }
  for (std::size_t i = 0; i < shown; ++i) {
    const long long gemms = whole(pins[i], "gemms");
    rows.push_back({text(pins[i], "name"), text(pins[i], "pass"),
                    gemms == 1 ? "pinned" : fmt::format("{} pinned", grouped(gemms)),
                    text(pins[i], "mapping")});
  }
  if (!rows.empty()) mapping_rows(page, rows, whole(r, "cores") > 1);
  if (shown < pins.size()) page.line("  (and {} more that are pinned)", pins.size() - shown);
}

}  // namespace

void add_stages(Page& page, const Json& result) {
  slowest(page, result);
  mappings(page, result);
}

}  // namespace nibble
