// Work in forked children: results, errors, deaths.
#include "sim/driver/child_process.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <new>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

std::string fault_of(ChildProcess& child) {
  try {
    return "result " + child.result();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

/// Counted by all children, in memory that they share.
struct Count {
  std::atomic<int> now{0}, most{0}, all{0};
};

/// The most children of this process that ever ran at once, of three for each usable core.
Count& run_many_children() {
  void* shared =
      mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  Count& count = *new (shared) Count;
  std::vector<ChildProcess> children;
  children.reserve(3 * static_cast<std::size_t>(usable_cores()));
  for (int i = 0; i < 3 * usable_cores(); ++i) {
    children.emplace_back([&count] {
      const int now = ++count.now;
      int most = count.most;
      while (most < now && !count.most.compare_exchange_weak(most, now)) {
      }
      usleep(20'000);
      ++count.all;
      --count.now;
      return std::string(1 << 17, 'x');  // more than a pipe holds: somebody must listen
    });
  }
  for (ChildProcess& child : children) REQUIRE(child.result().size() == 1 << 17);
  return count;
}

/// In a process that may use one core alone.
std::string run_many_on_one_core() {
  cpu_set_t usable;
  sched_getaffinity(0, sizeof usable, &usable);
  int core = 0;
  while (!CPU_ISSET(core, &usable)) ++core;
  CPU_ZERO(&usable);
  CPU_SET(core, &usable);
  sched_setaffinity(0, sizeof usable, &usable);
  const Count& count = run_many_children();
  return std::to_string(usable_cores()) + " core, at most " + std::to_string(count.most) + " of " +
         std::to_string(count.all);
}

}  // namespace

TEST_CASE("A child's text arrives whole, whatever its length") {
  // A pipe holds 64 KiB at once.
  for (const std::size_t length : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 3000000UL}) {
    std::string text(length, 'x');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * 31);
    ChildProcess child([&] { return text; });
    CHECK(child.result() == text);
  }
}

TEST_CASE("What a child throws comes out with its words") {
  ChildProcess child([]() -> std::string { throw std::out_of_range("row 7 of 6"); });
  CHECK(fault_of(child) == "row 7 of 6");
}

TEST_CASE(
    "What the machine has no room for is no fault of the work, through children of children too") {
  ChildProcess memory([]() -> std::string { throw std::bad_alloc(); });
  CHECK_THROWS_AS(memory.result(), MachineFault);
  ChildProcess process(
      []() -> std::string { throw std::system_error(EAGAIN, std::generic_category(), "fork"); });
  CHECK_THROWS_WITH(process.result(), "fork: Resource temporarily unavailable");
  ChildProcess outer([] {
    ChildProcess inner([]() -> std::string { throw std::bad_alloc(); });
    return inner.result();
  });
  CHECK_THROWS_AS(outer.result(), MachineFault);
  ChildProcess work([]() -> std::string { throw std::runtime_error("wrong"); });
  try {
    (void)work.result();
    FAIL("nothing was thrown");
  } catch (const MachineFault&) {
    FAIL("the work's own fault");
  } catch (const std::runtime_error& fault) {
    CHECK(std::string(fault.what()) == "wrong");
  }
}

TEST_CASE("A child's memory is its own") {
  int value = 1;
  ChildProcess child([&] {
    value = 2;
    return std::to_string(value);
  });
  CHECK(child.result() == "2");
  CHECK(value == 1);
}

TEST_CASE("A child that is killed or leaves without a word is an error") {
  ChildProcess killed([]() -> std::string {
    raise(SIGKILL);
    return "never";
  });
  CHECK(fault_of(killed) == "a simulation was killed by signal 9");
  ChildProcess silent([]() -> std::string { _exit(0); });
  CHECK(fault_of(silent) == "a simulation ended without a result");
}

TEST_CASE("The children of a child that is killed go with it") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  pid_t id = 0;
  ChildProcess child([&] {
    ChildProcess grandchild([&]() -> std::string {
      close(ends[0]);
      const pid_t above = getppid();
      (void)!write(ends[1], &above, sizeof above);
      pause();  // for ever, holding its end of the pipe
      return "never";
    });
    close(ends[1]);
    return grandchild.result();
  });
  close(ends[1]);
  REQUIRE(read(ends[0], &id, sizeof id) == sizeof id);
  kill(id, SIGKILL);
  CHECK(read(ends[0], &id, sizeof id) == 0);  // the last end is closed
  CHECK(fault_of(child) == "a simulation was killed by signal 9");
  close(ends[0]);
}

TEST_CASE("Fewer children at once than cores, if that is asked for") {
  ChildProcess process([] {
    run_at_most(1);
    const Count& count = run_many_children();
    return std::to_string(count.most) + " of " + std::to_string(count.all);
  });
  CHECK(process.result() == "1 of " + std::to_string(3 * usable_cores()));
}

TEST_CASE("Who listens hears that a child has ended") {
  ChildProcess child([] { return std::string("done"); });
  while (!child.has_ended()) listen_to_children(1000);
  CHECK(child.result() == "done");
  listen_to_children(0);  // to nobody
}

TEST_CASE("A child that dies half-way through its answer has not answered") {
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  // More than the pipe holds: the child is stuck in the middle of writing when it is killed.
  pid_t id = 0;
  ChildProcess child([&] {
    const pid_t mine = getpid();
    (void)!write(ready[1], &mine, sizeof mine);
    return std::string(1 << 20, 'x');
  });
  REQUIRE(read(ready[0], &id, sizeof id) == sizeof id);
  usleep(50'000);
  kill(id, SIGKILL);
  CHECK(fault_of(child) == "a simulation was killed by signal 9");
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("Several children run at the same time, and moved ones still answer") {
  std::vector<ChildProcess> children;
  children.reserve(8);
  for (int i = 0; i < 8; ++i) {
    children.emplace_back([i] { return std::to_string(i * i); });
  }
  for (int i = 7; i >= 0; --i) {
    CHECK(children[static_cast<std::size_t>(i)].result() == std::to_string(i * i));
  }
}

TEST_CASE("No more children run at once than there are usable cores") {
  const Count& count = run_many_children();
  CHECK(count.all == 3 * usable_cores());
  CHECK(count.most <= usable_cores());
  // A child's own children are counted from none.
  ChildProcess alone(run_many_on_one_core);
  CHECK(alone.result() == "1 core, at most 1 of 3");
}

TEST_CASE("A child that nobody asks is ended and waited for, not left behind") {
  {
    ChildProcess talking([] { return std::string(1 << 20, 'x'); });
    ChildProcess silent([]() -> std::string {
      for (;;) pause();
    });
  }
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // no child of ours is left
}

}  // namespace nibble
