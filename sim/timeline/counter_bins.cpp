#include "sim/timeline/counter_bins.h"

#include <algorithm>

namespace nibble {

/// Makes room for the bin, if need be in longer intervals: check interval() afterwards.
void CounterBins::reach(std::size_t bin) {
  while (bin >= kMostBins) {
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      TimelineAmounts& pair = bins_[i / 2];
      const TimelineAmounts amounts = bins_[i];
      for (std::size_t what = 0; what < pair.size(); ++what) {
        pair[what] = amounts[what] + (i % 2 == 0 ? 0 : pair[what]);
      }
    }
    bins_.resize((bins_.size() + 1) / 2);
    interval_ *= 2;
    bin /= 2;
  }
  if (bin >= bins_.size()) bins_.resize(bin + 1, TimelineAmounts{});
}

void CounterBins::add(TimelineCount what, std::int64_t amount, Cycles begin, Cycles end) {
  const Cycles length = std::max<Cycles>(1, end - begin);
  const Cycles first = std::max(begin, origin_);
  const Cycles last = std::min(begin + length, end_);
  if (amount == 0 || first >= last) return;
  reach(static_cast<std::size_t>((last - 1 - origin_) / interval_));
  const auto until = [&](Cycles time) { return proportion(amount, time - begin, length); };
  for (Cycles time = first; time < last;) {
    const Cycles bin = (time - origin_) / interval_;
    const Cycles next = std::min(last, origin_ + (bin + 1) * interval_);
    bins_[static_cast<std::size_t>(bin)][static_cast<std::size_t>(what)] +=
        until(next) - until(time);
    time = next;
  }
}

}  // namespace nibble
