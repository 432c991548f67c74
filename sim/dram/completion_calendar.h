// Complete transactions in the order in which they are handed out: by clock, then id. A calendar of
// one clock a page: few clocks lie between the decision of a command and the end of its data, so
// that an entry is written to its page once and read once, however many channels there are. Part of
// TransactionBook.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/dram/dram_types.h"

namespace nibble {

using TransactionId = std::int64_t;

class CompletionCalendar {
 public:
  struct Entry {
    // A constructor, so that emplace_back writes in place: gcc would copy an aggregate in one wide
    // move from two narrow ones, which stalls.
    Entry(TransactionId i, DramClock c) : id(i), clock(c) {}
    TransactionId id;
    DramClock clock;
  };
  static constexpr DramClock kNever = std::numeric_limits<DramClock>::max();

  CompletionCalendar() { pages_.fill(kNone); }

  /// `clock` is above that of every entry that was popped: of its clock all are known by then.
  void add(TransactionId id, DramClock clock) {
    std::uint32_t node = free_;
    if (node == kNone) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    const std::size_t page = page_of(clock);
    nodes_[node].id = id;
    nodes_[node].clock = clock;
    nodes_[node].next = pages_[page];
    pages_[page] = node;
    used_pages_ |= std::uint64_t{1} << page;
    next_clock_ = std::min(next_clock_, clock);
  }

  /// The lowest clock; kNever without an entry.
  [[nodiscard]] DramClock first() const {
    return next_due_ < due_.size() ? due_.front().clock : next_clock_;
  }

  /// Takes out the first entry if its clock is at most `last`, which never decreases.
  [[nodiscard]] std::optional<Entry> pop(DramClock last) {
    if (next_due_ == due_.size()) {
      if (next_clock_ > last) return std::nullopt;
      open_next_page();
    }
    return due_[next_due_++];
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;
  static constexpr int kPages = 64;
  struct Node {
    TransactionId id = 0;
    DramClock clock = 0;
    std::uint32_t next = kNone;
  };

  [[nodiscard]] static std::size_t page_of(DramClock clock) {
    return static_cast<std::size_t>(clock % kPages);
  }

  /// Moves the entries of next_clock_ to due_, which is used up.
  void open_next_page() {
    due_.clear();
    next_due_ = 0;
    const std::size_t page = page_of(next_clock_);
    std::uint32_t* link = &pages_[page];
    while (*link != kNone) {
      Node& node = nodes_[*link];
      if (node.clock != next_clock_) {  // another round of the pages
        link = &node.next;
        continue;
      }
      due_.emplace_back(node.id, node.clock);
      const std::uint32_t taken = *link;
      *link = node.next;
      node.next = free_;
      free_ = taken;
    }
    if (pages_[page] == kNone) used_pages_ &= ~(std::uint64_t{1} << page);
    std::sort(due_.begin(), due_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
    next_clock_ = clock_after(next_clock_);
  }

  /// The lowest clock of the entries, all of which come after `clock`.
  [[nodiscard]] DramClock clock_after(DramClock clock) const {
    DramClock least = kNever;
    for (DramClock page = clock + 1; page <= clock + kPages; ++page) {
      const int turn = static_cast<int>(page_of(page));
      const std::uint64_t left = used_pages_ >> turn | used_pages_ << (-turn & (kPages - 1));
      if (left == 0) return kNever;
      page += __builtin_ctzll(left);
      if (page > clock + kPages) break;
      for (std::uint32_t n = pages_[page_of(page)]; n != kNone; n = nodes_[n].next) {
        least = std::min(least, nodes_[n].clock);
      }
      if (least <= page) return least;
    }
    return least;
  }

  std::array<std::uint32_t, kPages> pages_;  // by clock modulo kPages: the first of its nodes
  std::uint64_t used_pages_ = 0;             // one bit a page
  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;
  DramClock next_clock_ = kNever;  // the lowest of the nodes
  std::vector<Entry> due_;         // of one clock, by id
  std::size_t next_due_ = 0;       // those before it are popped
};

}  // namespace nibble
