#include "sim/chip/dma_unit.h"

#include <algorithm>
#include <stdexcept>

namespace nibble {

DmaUnit::DmaUnit(const sc_core::sc_module_name& name, ChipContext& context, int core,
                 MemoryPort& memory, tlm::tlm_command direction)
    : sc_module(name),
      queue(context.config.queue_entries),
      context_(context),
      core_(core),
      memory_(memory),
      direction_(direction),
      crosses_ring_(context.config.cores > 1 && !context.config.ideal_ring) {
  SC_HAS_PROCESS(DmaUnit);
  SC_THREAD(issue);
  for (int i = 0; i < context.config.dma.outstanding; ++i) {
    sc_core::sc_spawn([this] { serve(); }, sc_core::sc_gen_unique_name("serve"));
  }
}

void DmaUnit::issue() {
  const Bytes limit = context_.config.dma.descriptor_bytes;
  for (;;) {
    const std::uint32_t command = queue.take();
    context_.board.wait_for_tokens(command);
    while (!descriptors_.empty()) wait(taken_);
    context_.scratchpad.acquire(command);
    context_.board.begin(command, context_.now());
    const auto& transfer = std::get<DmaTransfer>(context_.command(command).body);
    transfers_.push_back({command, ceil_div(transfer.bytes, limit), {}});
    if (crosses_ring_) {
      transfers_.back().routes = context_.ring.routes_of(context_.command(command));
    }
    for (Bytes done = 0; done < transfer.bytes; done += limit) {
      descriptors_.push_back({transfer.dram_address + static_cast<std::uint64_t>(done),
                              std::min(limit, transfer.bytes - done), &transfers_.back()});
    }
    offered_.notify(sc_core::SC_ZERO_TIME);
    if (transfer.bytes == 0) retire();
  }
}

void DmaUnit::serve() {
  for (;;) {
    while (descriptors_.empty()) sc_core::wait(offered_);
    const Descriptor descriptor = descriptors_.front();
    descriptors_.pop_front();
    if (descriptors_.empty()) taken_.notify(sc_core::SC_ZERO_TIME);
    if (!context_.config.ideal_dram) transact(descriptor);
    --descriptor.transfer->descriptors_left;
    retire();
  }
}

void DmaUnit::transact(const Descriptor& descriptor) {
  const Cycles port_cycles = (descriptor.bytes + context_.config.dma.bytes_per_cycle - 1) /
                             context_.config.dma.bytes_per_cycle;
  port_free_ = std::max(port_free_, sc_core::sc_time_stamp()) +
               static_cast<double>(port_cycles) * context_.clock_period;
  const sc_core::sc_time port_done = port_free_;
  const bool store = direction_ == tlm::TLM_WRITE_COMMAND;
  if (store && crosses_ring_) cross_ring(descriptor);
  ask_memory(descriptor);
  if (port_done > sc_core::sc_time_stamp()) sc_core::wait(port_done - sc_core::sc_time_stamp());
  wait_for_clock_edge();
  if (!store && crosses_ring_) cross_ring(descriptor);
}

void DmaUnit::cross_ring(const Descriptor& descriptor) {
  const Cycles now = context_.now();
  const Cycles arrival = context_.ring.transfer(now, descriptor.transfer->routes, descriptor.bytes);
  sc_core::wait(static_cast<double>(arrival - now) * context_.clock_period);
}

/// One transaction; returns when the DRAM has answered.
void DmaUnit::ask_memory(const Descriptor& descriptor) {
  tlm::tlm_generic_payload payload;
  payload.set_command(direction_);
  payload.set_address(descriptor.address);
  payload.set_data_length(static_cast<unsigned>(descriptor.bytes));
  payload.set_streaming_width(static_cast<unsigned>(descriptor.bytes));
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory_->b_transport(payload, delay);
  if (!payload.is_response_ok()) {
    throw std::logic_error("DRAM refused a transaction: " + payload.get_response_string());
  }
  if (delay > sc_core::SC_ZERO_TIME) sc_core::wait(delay);
}

void DmaUnit::wait_for_clock_edge() {
  const auto period = context_.clock_period.value();
  const auto past_edge = sc_core::sc_time_stamp().value() % period;
  if (past_edge != 0) sc_core::wait(sc_core::sc_time::from_value(period - past_edge));
}

void DmaUnit::retire() {
  while (!transfers_.empty() && transfers_.front().descriptors_left == 0) {
    const std::uint32_t command = transfers_.front().command;
    transfers_.pop_front();
    context_.scratchpad.release(command);
    context_.board.complete(command, context_.now());
  }
}

}  // namespace nibble
