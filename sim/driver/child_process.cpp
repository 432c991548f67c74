#include "sim/driver/child_process.h"

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace nibble {
namespace {

constexpr char kGood = '+';
constexpr char kFailed = '-';

void write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the parent is gone: nobody to tell
    done += static_cast<std::size_t>(written);
  }
}

std::string read_all(int file) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);  // or the child would print the parent's buffers again
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    close(ends[0]);
    std::string answer;
    try {
      answer = kGood + work();
    } catch (const std::exception& error) {
      answer = kFailed + std::string(error.what());
    }
    write_all(ends[1], answer);
    _exit(0);  // no destructors of the parent's objects, no SystemC teardown
  }
  close(ends[1]);
  pipe_ = ends[0];
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}

ChildProcess::~ChildProcess() {
  if (pipe_ >= 0) close(pipe_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::string ChildProcess::result() {
  const std::string answer = read_all(pipe_);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFSIGNALED(status)) {  // also half-way through its answer
    throw std::runtime_error("a simulation was killed by signal " +
                             std::to_string(WTERMSIG(status)));
  }
  if (answer.empty()) throw std::runtime_error("a simulation ended without a result");
  if (answer.front() == kFailed) throw std::runtime_error(answer.substr(1));
  return answer.substr(1);
}

}  // namespace nibble
