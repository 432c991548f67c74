// SystemC elaborates once a process, so every simulation beside the main one runs in a child.
#pragma once

#include <functional>
#include <string>

namespace nibble {

/// A function running in a forked child; result() waits for the text it returned. An exception in
/// the child comes out of result() as std::runtime_error with the same what().
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<std::string()>& work);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  [[nodiscard]] std::string result();

 private:
  int pid_ = -1;
  int pipe_ = -1;
};

}  // namespace nibble
