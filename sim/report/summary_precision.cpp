#include "sim/report/summary_precision.h"

#include <algorithm>
#include <map>
#include <vector>

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr std::size_t kListWidth = 44;
constexpr std::size_t kLongestName = 22;

/// ".conv3" of "layer2.0.conv3": what networks of equal blocks repeat. A name without a dot is
/// like no other.
std::string last_part(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot);
}

/// "conv1", or "*.conv3 x 16" of those that end alike: the pattern that `precision.layers` takes.
/// Where other layers end so too, the pattern would take them as well: "3 of 16 *.conv3".
std::vector<std::string> by_last_part(const Json& names,
                                      const std::map<std::string, std::size_t>& endings) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Json& item : names) {
    const auto name = item.get<std::string>();
    const auto known = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return group.first == last_part(name);
    });
    auto& group = known == groups.end() ? groups.emplace_back(last_part(name), 0) : *known;
    group.second.push_back(name);
  }
  std::vector<std::string> list;
  list.reserve(groups.size());
  for (const auto& [part, members] : groups) {
    const std::string shown = shortened(part, kLongestName);
    if (members.size() == 1) {
      list.push_back(shortened(members.front(), kLongestName));
    } else if (const std::size_t all = endings.at(part); all == members.size()) {
      list.push_back(fmt::format("*{} x {}", shown, all));
    } else {
      list.push_back(fmt::format("{} of {} *{}", members.size(), all, shown));
    }
  }
  return list;
}

/// How many layers that multiply end so, whatever they multiply in.
std::map<std::string, std::size_t> count_endings(const Json& precision) {
  std::map<std::string, std::size_t> endings;
  for (const Json& names : precision) {
    for (const Json& name : names) ++endings[last_part(name.get<std::string>())];
  }
  return endings;
}

/// As many as the width allows, then how many are left.
std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0 && text.size() + 2 + items[i].size() > kListWidth) {
      return fmt::format("{}, and {} more", text, items.size() - i);
    }
    text += (i == 0 ? "" : ", ") + items[i];
  }
  return text;
}

/// MACs of the stages of these layers.
double macs_of(const Json& names, const Json& stages) {
  double macs = 0;
  for (const Json& stage : stages) {
    const bool of_these = std::find(names.begin(), names.end(), stage.at("name")) != names.end();
    if (of_these) macs += number(stage, "macs");
  }
  return macs;
}

}  // namespace

void add_precision(Page& page, const Json& r) {
  page.heading("Which layers multiply in what");
  const std::map<std::string, std::size_t> endings = count_endings(r.at("precision"));
  for (const auto& [precision, names] : r.at("precision").items()) {
    page.line("  {:<16}{:>6.1f} % of the MACs: {}", precision,
              percent(macs_of(names, r.at("layers")), number(r, "macs_useful")),
              listed(by_last_part(names, endings)));
  }
}

}  // namespace nibble
