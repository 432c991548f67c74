// The TLM target against the engine behind it: SystemC elaborates once a process, so every case
// must run in its own (CTest does that).
#include "sim/chip/dram_target.h"

#include <functional>
#include <random>
#include <systemc>

#include <catch2/catch.hpp>

#include "sim/config/dram_config.h"
#include "tlm_utils/simple_initiator_socket.h"

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using sc_core::sc_time;

DramConfig config_of(const std::string& name, int channels = 1) {
  DramParameters p =
      read_dram_config(NIBBLE_SOURCE_DIR "/configs/dram/" + name + ".yaml").parameters();
  p.channels = channels;
  return DramConfig(p);
}

/// A module whose threads are given as functions.
struct Initiator : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  std::vector<std::function<void()>> threads;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {}
  void start_of_simulation() override {
    for (auto& body : threads) sc_core::sc_spawn(body);
  }
  /// Runs one transaction to its end; returns that time in picoseconds.
  Picoseconds move(Access access, std::uint64_t address, unsigned bytes, sc_time delay = {}) {
    tlm::tlm_generic_payload payload;
    payload.set_command(access == Access::read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
    payload.set_address(address);
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    socket->b_transport(payload, delay);
    response = payload.get_response_status();
    return static_cast<Picoseconds>((sc_core::sc_time_stamp() + delay).value());
  }
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
};

}  // namespace

TEST_CASE("An idle DDR4 read through the socket takes tRCD + CL + BL/2 after the next clock edge") {
  DramTarget dram("dram", config_of("ddr4_3200"));
  Initiator dma("dma");
  dma.socket.bind(dram.socket);
  Picoseconds on_edge = 0, after_edge = 0;
  dma.threads.emplace_back([&] {
    on_edge = dma.move(Access::read, 0, 64);
    // 100 ns + 1 ps; the row of another bank; the edge after it is the 161st.
    wait(sc_time(100'001, sc_core::SC_PS) - sc_core::sc_time_stamp());
    after_edge = dma.move(Access::read, 1 << 15, 64);
  });
  sc_core::sc_start();
  CHECK(on_edge == 48 * 625);
  CHECK(after_edge == (161 + 48) * 625);
}

TEST_CASE("Threads that share the socket complete as the engine alone completes them") {
  constexpr int kThreads = 5, kMoves = 60;
  struct Move {
    Picoseconds submitted, done;
    std::int64_t address;
    Bytes bytes;
    Access access;
  };
  const DramConfig config = config_of("lpddr5_6400", 3);
  DramTarget dram("dram", config);
  Initiator dma("dma");
  dma.socket.bind(dram.socket);
  std::vector<Move> moves;
  Bytes read = 0, written = 0;
  for (int t = 0; t < kThreads; ++t) {
    dma.threads.emplace_back([&, t] {
      std::mt19937 rng(static_cast<unsigned>(t) + 1);
      for (int i = 0; i < kMoves; ++i) {
        wait(sc_time(static_cast<double>(rng() % 3'000'000), sc_core::SC_PS));
        Move m{static_cast<Picoseconds>(sc_core::sc_time_stamp().value()), 0,
               static_cast<std::int64_t>(rng() % (1U << 28)) & ~31,
               static_cast<Bytes>(1 + rng() % 2048) * 32,
               rng() % 3 == 0 ? Access::write : Access::read};
        const std::size_t index = moves.size();
        moves.push_back(m);
        (m.access == Access::read ? read : written) += m.bytes;
        moves[index].done = dma.move(m.access, static_cast<std::uint64_t>(m.address),
                                     static_cast<unsigned>(m.bytes));
        CHECK(dma.response == tlm::TLM_OK_RESPONSE);
      }
    });
  }
  sc_core::sc_start();
  REQUIRE(moves.size() == kThreads * kMoves);
  DramSystem alone(config);
  for (const Move& m : moves) alone.submit(m.submitted, m.address, m.bytes, m.access);
  alone.advance_to(moves.back().submitted + 1'000'000'000);
  int compared = 0;
  while (const auto done = alone.pop_completion()) {
    INFO("transaction " << done->id);
    CHECK(moves[static_cast<std::size_t>(done->id)].done == done->time_ps);
    ++compared;
  }
  CHECK(compared == kThreads * kMoves);
  CHECK(alone.statistics().bytes_read == read);
  CHECK(alone.statistics().bytes_written == written);
  CHECK(dram.statistics().bytes_read == read);
}

TEST_CASE("After a fence the same work takes the same time, and early arrivals wait for it") {
  const sc_time chip_clock(1000, sc_core::SC_PS);
  DramTarget dram("dram", config_of("ddr4_3200", 2));
  Initiator dma("dma");
  dma.socket.bind(dram.socket);
  std::vector<Picoseconds> fence_ends, spans;
  Picoseconds early = 0, posted = 0;
  dma.threads.emplace_back([&] {
    for (int i = 0; i < 6; ++i) {
      for (int k = 0; k < i; ++k)
        posted = dma.move(Access::write, 0x1234000U * k + 0x40U * i, 4096);
      wait(sc_time(1237 * i, sc_core::SC_PS));
      dram.fence(chip_clock);
      const auto start = static_cast<Picoseconds>(sc_core::sc_time_stamp().value());
      fence_ends.push_back(start);
      dma.move(Access::read, 0x40000, 65536);
      dma.move(Access::write, 0x80000, 65536);
      spans.push_back(dma.move(Access::read, 0xC0000, 65536) - start);
    }
    dram.fence(chip_clock);
  });
  dma.threads.emplace_back([&] {
    wait(sc_time(100, sc_core::SC_PS));  // inside the first fence
    early = dma.move(Access::read, 0, 64);
  });
  sc_core::sc_start();
  REQUIRE(spans.size() == 6);
  for (const Picoseconds end : fence_ends) CHECK(end % 5000 == 0);  // lcm of 625 and 1000 ps
  for (std::size_t i = 2; i < spans.size(); ++i) CHECK(spans[i] == spans[1]);
  CHECK(early > fence_ends[0]);
}

TEST_CASE("A payload that the memory cannot serve is refused and takes no time") {
  DramTarget dram("dram", config_of("ddr4_3200"));
  Initiator dma("dma");
  dma.socket.bind(dram.socket);
  dma.threads.emplace_back([&] {
    const std::uint64_t capacity = 8ULL << 30;
    dma.move(Access::read, capacity - 64, 64);
    CHECK(dma.response == tlm::TLM_OK_RESPONSE);
    const auto before = sc_core::sc_time_stamp().value();
    dma.move(Access::read, capacity - 64, 65);
    CHECK(dma.response == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    dma.move(Access::read, ~0ULL, 64);
    CHECK(dma.response == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    dma.move(Access::write, 0, 0);
    CHECK(dma.response == tlm::TLM_BURST_ERROR_RESPONSE);
    tlm::tlm_generic_payload ignored;
    sc_time delay;
    dma.socket->b_transport(ignored, delay);
    CHECK(ignored.get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE);
    unsigned char enables = 0;
    ignored.set_read();
    ignored.set_data_length(64);
    ignored.set_streaming_width(64);
    ignored.set_byte_enable_ptr(&enables);
    dma.socket->b_transport(ignored, delay);
    CHECK(ignored.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    CHECK(sc_core::sc_time_stamp().value() == before);
  });
  sc_core::sc_start();
}

}  // namespace nibble
