// A second DRAM channel, written from the rules and not from the engine: it looks at every clock,
// keeps the whole history of commands and checks each rule of the JEDEC table against it in words.
// Slow and plain on purpose; shares only the parameters and the command record with sim/dram.
#pragma once

#include <deque>
#include <vector>

#include "sim/dram/dram_config.h"

namespace nibble::twin {

struct Burst {
  bool is_write = false;
  int group = 0, bank = 0;  // bank inside its group
  long row = 0, column = 0;
  int owner = 0;      // index of the request it belongs to
  long number = 0;    // order of arrival in the queue
  bool paid = false;  // an activate was issued for this very burst
};

struct BankState {
  bool open = false;
  long row = 0;
};

struct Request {
  long clock = 0;  // the first edge that sees it
  bool is_write = false;
  std::vector<Burst> bursts;
};

/// Serves `requests` (in order of clock) until `last_clock` or until all are served and a while
/// longer; finish[i] is the edge at which request i was complete, -1 if it was not.
struct Outcome {
  std::vector<DramCommand> commands;
  std::vector<long> finish;
  long row_hits = 0;       // columns without an activate of their own
  long active_clocks = 0;  // clocks with an open row
};

class TickTwin {
 public:
  explicit TickTwin(const DramParameters& parameters) : p_(parameters) {}
  Outcome run(const std::vector<Request>& requests, long last_clock);

 private:
  struct Issued {
    long clock = 0;
    DramCommandKind kind{};
    int group = 0, bank = 0;
  };

  void count_active(long clock);
  void take_requests(const std::vector<Request>& requests, long clock);
  void fill_queues(long clock);
  void set_mode();
  bool tick_refresh(long clock);
  bool try_column(long clock);
  bool try_row(long clock);
  void issue(long clock, DramCommandKind kind, const Burst& burst);
  bool legal(long clock, DramCommandKind kind, int group, int bank) const;
  bool pair_legal(const Issued& old, long clock, DramCommandKind kind, int group, int bank) const;
  BankState& bank_of(const Burst& b) { return banks_[b.group * p_.banks_per_group + b.bank]; }
  bool is_hit(const Burst& b) { return bank_of(b).open && bank_of(b).row == b.row; }
  long burst_clocks() const { return p_.burst_length / p_.transfers_per_clock; }

  DramParameters p_;
  std::vector<BankState> banks_;
  std::vector<Burst> queue_[2];
  std::deque<Burst> outside_[2];
  std::vector<Issued> history_;
  std::size_t next_request_ = 0;
  long arrivals_ = 0;
  bool write_mode_ = false;
  long refresh_due_ = 0;
  std::vector<long> entered_, served_, total_;
  long active_since_ = -1;  // -1: no row is open
  Outcome outcome_;
};

}  // namespace nibble::twin
