#include "sim/report/comparison_words.h"

#include <cmath>

#include "sim/report/page.h"
#include "sim/report/summary_costs.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr double kAlike = 0.0005;    // ratios that print as 1.000
constexpr double kWorthWords = 0.1;  // of the whole difference

/// The entry of a list with most in the direction of `sign`; null if none goes there.
const Json* most(const Json& list, const char* difference, double sign) {
  const Json* found = nullptr;
  double largest = 0;
  for (const Json& entry : list) {
    if (sign * number(entry, difference) > largest) {
      largest = sign * number(entry, difference);
      found = &entry;
    }
  }
  return found;
}

/// "1.27 ms more".
std::string amount(double difference, const char* unit) {
  return with_unit(std::abs(difference), unit) + (difference < 0 ? " less" : " more");
}

/// What makes most of a difference, and what goes against it: "dram takes 2 mJ more, sfu 1 mJ
/// less".
template <typename Name>
std::string parts_words(const Json& parts, const char* key, const char* unit,
                        double whole_difference, const Name& name) {
  const double sign = whole_difference < 0 ? -1 : 1;
  const Json* with = most(parts, key, sign);
  const Json* against = most(parts, key, -sign);
  if (with == nullptr) return "";
  std::string words = fmt::format(": {} takes {}", name(*with), amount(number(*with, key), unit));
  if (against != nullptr &&
      std::abs(number(*against, key)) > kWorthWords * std::abs(whole_difference)) {
    words += fmt::format(", {} {}", name(*against), amount(number(*against, key), unit));
  }
  return words;
}

std::string cause_name(const Json& cause) {
  const std::string word = text(cause, "cause");
  return fmt::format("{} ({})", word, meaning_of(word));
}

/// The layers that most of a difference lies in.
std::string layer_words(const Json& layers, double difference) {
  const Json* layer = most(layers, "difference_s", difference < 0 ? -1 : 1);
  if (layer == nullptr) return "";
  const long long count = whole(*layer, "count");
  return fmt::format(" The largest part, {:.0f} %, is in {} {}{}, by {}.",
                     percent(number(*layer, "difference_s"), difference), text(*layer, "name"),
                     text(*layer, "pass"), count == 1 ? "" : fmt::format(" x {}", count),
                     text(*layer, "main_cause"));
}

std::string time_words(const Json& comparison, const Json& time) {
  const double a = number(time, "a");
  const double b = number(time, "b");
  const std::string sample = text(comparison, "sample");
  const std::string of = !is_set(comparison, "per_sample") ? ""
                         : sample == "image"               ? " for an image"
                                                           : " for a " + sample;
  if (a == 0 || std::abs(b / a - 1) < kAlike) return "Both take the same time" + of + ".";
  const std::string head = b < a ? fmt::format("B is {:.2f} times faster", a / b)
                                 : fmt::format("B takes {:.2f} times as long", b / a);
  return fmt::format("{}{}, {}{}.{}", head, of, amount(b - a, "s"),
                     parts_words(comparison.at("causes"), "difference_s", "s", b - a, cause_name),
                     layer_words(comparison.at("layers"), b - a));
}

std::string lonely_words(const Json& comparison) {
  const auto words = [&](const char* side, const char* name) -> std::string {
    const std::size_t stages = comparison.at(std::string("only_in_") + side).size();
    if (stages == 0) return "";
    return fmt::format(" {} {} in {} alone.", stages, stages == 1 ? "stage is" : "stages are",
                       name);
  };
  return words("a", "A") + words("b", "B");
}

std::string energy_words(const Json& comparison, const Json& energy) {
  const double a = number(energy, "a");
  const double b = number(energy, "b");
  if (a == 0) return "";
  if (std::abs(b / a - 1) < kAlike) return " Energy is the same.";
  const auto name = [](const Json& part) { return text(part, "part"); };
  return fmt::format(" Energy is {:.3g} times A's{}.", b / a,
                     parts_words(comparison.at("energy"), "difference_j", "J", b - a, name));
}

std::string twin_words(const Json& headline) {
  if (!headline.contains("speedup_vs_fp16")) return "";
  const Json& gain = headline.at("speedup_vs_fp16");
  if (std::abs(number(gain, "b") - number(gain, "a")) < kAlike) return "";
  return fmt::format(" The speed-up over the FP16 twin is {:.2f} x instead of {:.2f} x.",
                     number(gain, "b"), number(gain, "a"));
}

}  // namespace

std::string comparison_words(const Json& comparison) {
  const Json& headline = comparison.at("headline");
  const bool per_sample = is_set(comparison, "per_sample");
  return time_words(comparison, headline.at(per_sample ? "time_s_per_sample" : "time_s")) +
         lonely_words(comparison) +
         energy_words(comparison, headline.at(per_sample ? "energy_j_per_sample" : "energy_j")) +
         twin_words(headline);
}

}  // namespace nibble
