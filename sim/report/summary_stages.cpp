#include "sim/report/summary_stages.h"

#include <algorithm>
#include <vector>

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr std::size_t kShown = 8;
constexpr std::size_t kLongestName = 24;
constexpr std::size_t kLongestShape = 18;

/// The first kShown of a list by a key, the largest first.
std::vector<const Json*> largest(const Json& list, const char* key) {
  std::vector<const Json*> items;
  for (const Json& item : list) items.push_back(&item);
  std::stable_sort(items.begin(), items.end(),
                   [&](const Json* a, const Json* b) { return number(*a, key) > number(*b, key); });
  items.resize(std::min(items.size(), kShown));
  return items;
}

/// As wide as the longest text needs, with two blanks around it.
std::size_t width_of(const std::vector<const Json*>& items, const char* key, std::size_t least,
                     std::size_t most) {
  std::size_t width = least;
  for (const Json* item : items) {
    width = std::max(width, std::min(text(*item, key).size(), most) + 2);
  }
  return width;
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

void slowest(Page& page, const Json& r) {
  const std::vector<const Json*> layers = largest(r.at("layers"), "cycles");
  const std::size_t name = width_of(layers, "name", 14, kLongestName);
  const std::size_t shape = width_of(layers, "shape", 16, kLongestShape);
  page.heading(fmt::format("The {} longest of {} stages", layers.size(), r.at("layers").size()));
  page.line("  {:<{}}{:<9}{:>{}}{:>12}{:>8}{:>9}  {}", "layer", name, "pass", "M x N x K", shape,
            "cycles", "share", "util.", "main stall");
  for (const Json* layer : layers) {
    page.line("  {:<{}}{:<9}{:>{}}{:>12}{:>6.1f} %{:>7.1f} %  {}",
              shortened(text(*layer, "name"), kLongestName), name, text(*layer, "pass"),
              shortened(text(*layer, "shape"), kLongestShape), shape,
              grouped(whole(*layer, "cycles")),
              percent(number(*layer, "cycles"), number(r, "cycles")),
              100 * number(*layer, "utilization"), main_stall(*layer));
  }
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

void mappings(Page& page, const Json& r) {
  const Json& mapping = r.at("mapping");
  const long long pinned = whole(mapping, "pinned");
  if (whole(mapping, "search") == 0 && pinned == 0) return;
  const Json& changed = mapping.at("changed");
  const bool cores = whole(r, "cores") > 1;
  page.heading(fmt::format("Mappings: {} by search{}", changed.size(),
                           pinned == 0 ? "" : fmt::format(", {} pinned", pinned)));
  if (whole(mapping, "search") == 0) {
    page.line("  pinned by the experiment, the others by the compiler's rule");
    return;
  }
  page.line("  up to {} others simulated for each GEMM: {} cycles saved", whole(mapping, "search"),
            grouped(whole(r, "cycles_saved_by_search")));
  if (changed.empty()) return;
  const std::vector<const Json*> shown = largest(changed, "cycles_saved");
  const std::size_t name = width_of(shown, "name", 14, kLongestName);
  page.line("  {:<{}}{:<9}{:>12}  {}", "layer", name, "pass", "saved",
            cores ? "split over cores, held, block M x N x K" : "held, block M x N x K");
  for (const Json* at : shown) {
    page.line("  {:<{}}{:<9}{:>12}  {}", shortened(text(*at, "name"), kLongestName), name,
              text(*at, "pass"), grouped(whole(*at, "cycles_saved")),
              mapping_cells(text(*at, "found"), cores));
  }
}

}  // namespace

void add_stages(Page& page, const Json& result) {
  slowest(page, result);
  mappings(page, result);
}

}  // namespace nibble
