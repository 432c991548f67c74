#include "sim/chip/core.h"

#include <stdexcept>

namespace nibble {

Core::Core(const sc_core::sc_module_name& name, int index, ChipContext& context, MemoryPort& memory,
           const CommandDuration& duration)
    : sc_module(name),
      index_(index),
      context_(context),
      dma_load_("dma_load", context, index, memory, tlm::TLM_READ_COMMAND),
      dma_store_("dma_store", context, index, memory, tlm::TLM_WRITE_COMMAND),
      tile_("tile", context, duration),
      fp16_tile_("fp16_tile", context, duration),
      sfu_("sfu", context, duration),
      ring_("ring", context, duration),
      link_("link", context, duration) {
  SC_HAS_PROCESS(Core);
  SC_THREAD(deal);
}

void Core::start(Segment segment) {
  segment_ = segment;
  requested_ = true;
  started_.notify(sc_core::SC_ZERO_TIME);
}

CommandQueue& Core::queue_of(Unit unit) {
  switch (unit) {
    case Unit::dma_load:
      return dma_load_.queue;
    case Unit::dma_store:
      return dma_store_.queue;
    case Unit::tile:
      return tile_.queue;
    case Unit::fp16_tile:
      return fp16_tile_.queue;
    case Unit::sfu:
      return sfu_.queue;
    case Unit::ring:
      return ring_.queue;
    case Unit::link:
      return link_.queue;
    case Unit::sequencer:
      break;
  }
  throw std::logic_error("the sequencer has no queue");
}

void Core::deal() {
  for (;;) {
    while (!requested_) wait(started_);
    requested_ = false;
    for (std::uint32_t command = segment_.begin; command < segment_.end; ++command) {
      const Command& at = context_.command(command);
      if (at.core != index_ || at.unit == Unit::sequencer) continue;
      wait(context_.clock_period);
      queue_of(at.unit).push(command);
    }
  }
}

}  // namespace nibble
