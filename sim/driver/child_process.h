// SystemC elaborates once a process, so every simulation beside the main one runs in a child. No
// more of them run at once than there are cores to run them: each has a stage's whole program in
// memory.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace nibble {

/// A child that a signal ended, before or half-way through its answer.
class ChildKilled : public std::runtime_error {
 public:
  explicit ChildKilled(int signal);
  [[nodiscard]] int signal() const { return signal_; }

 private:
  int signal_;
};

/// The machine had no memory, process or pipe for the child's work, which may succeed another time.
class MachineFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A function running in a forked child; result() waits for the text it returned. An exception in
/// the child comes out of result() as std::runtime_error with the same what(), std::bad_alloc and
/// std::system_error as MachineFault. A child does not
/// outlive its parent, however that ends.
class ChildProcess {
 public:
  /// Waits while as many other children of this process are running as may (run_at_most).
  explicit ChildProcess(const std::function<std::string()>& work);
  /// Ends the child if it still runs: nobody is left to ask it.
  ~ChildProcess();
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// To be called once. Throws ChildKilled, MachineFault.
  [[nodiscard]] std::string result();
  /// Whether result() need not wait (long).
  [[nodiscard]] bool has_ended() const;

  struct Running;  // what the parent knows of a child

 private:
  std::unique_ptr<Running> running_;
};

/// Listens to all children of this process until one of them says something, or so many
/// milliseconds have passed (-1: no limit), or a signal came.
void listen_to_children(int milliseconds);

/// How many children of this process may run at once: usable_cores() unless this was called.
void run_at_most(int children);

/// Processor cores that this process may use, at least 1.
[[nodiscard]] int usable_cores();

}  // namespace nibble
