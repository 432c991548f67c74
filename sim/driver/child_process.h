// SystemC elaborates once a process, so every simulation beside the main one runs in a child. No
// more of them run at once than there are cores to run them: each has a stage's whole program in
// memory.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace nibble {

/// A function running in a forked child; result() waits for the text it returned. An exception in
/// the child comes out of result() as std::runtime_error with the same what().
class ChildProcess {
 public:
  /// Waits while usable_cores() other children of this process are running.
  explicit ChildProcess(const std::function<std::string()>& work);
  /// Ends the child if it still runs: nobody is left to ask it.
  ~ChildProcess();
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// To be called once.
  [[nodiscard]] std::string result();

  struct Running;  // what the parent knows of a child

 private:
  std::unique_ptr<Running> running_;
};

/// Processor cores that this process may use, at least 1.
[[nodiscard]] int usable_cores();

}  // namespace nibble
