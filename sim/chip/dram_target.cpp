#include "sim/chip/dram_target.h"

namespace nibble {

using sc_core::sc_time;

DramTarget::DramTarget(const sc_core::sc_module_name& name, const DramConfig& config)
    : sc_module(name), socket("socket"), system_(config) {
  if (sc_core::sc_get_time_resolution() != sc_time(1, sc_core::SC_PS)) {
    SC_REPORT_FATAL("nibble/dram_target", "the time resolution must be 1 ps");
  }
  socket.register_b_transport(this, &DramTarget::b_transport);
  SC_HAS_PROCESS(DramTarget);
  SC_METHOD(wake);
  sensitive << wake_event_;
  dont_initialize();
}

Picoseconds DramTarget::now_ps() {
  return static_cast<Picoseconds>(sc_core::sc_time_stamp().value());
}

tlm::tlm_response_status DramTarget::check(const tlm::tlm_generic_payload& payload) const {
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  const std::uint64_t length = payload.get_data_length();
  if (length == 0 || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
  const auto capacity = static_cast<std::uint64_t>(config().capacity_bytes());
  if (length > capacity || payload.get_address() > capacity - length) {
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

DramTarget::Waiter& DramTarget::free_waiter(TransactionId id) {
  for (const auto& waiter : waiters_) {
    if (waiter->id < 0) {
      waiter->id = id;
      return *waiter;
    }
  }
  waiters_.push_back(std::make_unique<Waiter>());
  waiters_.back()->id = id;
  return *waiters_.back();
}

void DramTarget::b_transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  payload.set_response_status(check(payload));
  if (payload.is_response_error()) return;
  while (fencing_) wait(fence_end_event_);
  const TransactionId id =
      system_.submit(now_ps(), static_cast<std::int64_t>(payload.get_address()),
                     static_cast<Bytes>(payload.get_data_length()),
                     payload.is_read() ? Access::read : Access::write);
  Waiter& waiter = free_waiter(id);
  schedule_wake();
  wait(waiter.done);
  waiter.id = -1;
}

void DramTarget::wake() {
  if (fencing_) return;
  system_.advance_to(now_ps());
  deliver();
  schedule_wake();
}

// Wakes the threads whose transactions are complete; those of a fence at their own times.
void DramTarget::deliver() {
  const Picoseconds now = now_ps();
  while (const std::optional<DramCompletion> done = system_.pop_completion()) {
    for (const auto& waiter : waiters_) {
      if (waiter->id != done->id) continue;
      waiter->done.notify(sc_time::from_value(static_cast<std::uint64_t>(done->time_ps - now)));
    }
  }
}

void DramTarget::schedule_wake() {
  const std::optional<Picoseconds> next = system_.next_completion();
  if (!next) return;
  wake_event_.notify(sc_time::from_value(static_cast<std::uint64_t>(*next - now_ps())));
}

void DramTarget::fence(const sc_time& period) {
  if (fencing_) SC_REPORT_FATAL("nibble/dram_target", "a fence is already under way");
  fencing_ = true;
  const Picoseconds now = now_ps();
  const Picoseconds end = system_.fence(now, static_cast<Picoseconds>(period.value()));
  deliver();
  wait(sc_time::from_value(static_cast<std::uint64_t>(end - now)));
  fencing_ = false;
  fence_end_event_.notify(sc_core::SC_ZERO_TIME);
}

DramStatistics DramTarget::statistics() {
  if (!fencing_) system_.advance_to(now_ps());
  return system_.statistics();
}

}  // namespace nibble
