#include "sim/driver/child_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nibble {

struct ChildProcess::Running {
  int pid = -1;
  int pipe = -1;  // -1: the child has closed its end
  std::string answer;
};

namespace {

using Running = ChildProcess::Running;

constexpr char kGood = '+';
constexpr char kFailed = '-';
constexpr char kNoRoom = '!';  // the machine failed

/// This process's children whose pipes are open.
std::vector<Running*>& open_children() {
  static std::vector<Running*> children;
  return children;
}

void write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the parent is gone: nobody to tell
    done += static_cast<std::size_t>(written);
  }
}

void close_pipe(Running& child) {
  std::vector<Running*>& children = open_children();
  children.erase(std::remove(children.begin(), children.end(), &child), children.end());
  close(std::exchange(child.pipe, -1));
}

/// Waits for a part of the answer, or its end.
void read_part(Running& child) {
  char buffer[65536];
  const ssize_t got = read(child.pipe, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) return close_pipe(child);
  child.answer.append(buffer, static_cast<std::size_t>(got));
}

/// How many may run at once; 0: as many as cores.
int& most_children() {
  static int most = 0;
  return most;
}

/// In the child: its own children are counted from none.
void forget_siblings() {
  for (const Running* sibling : open_children()) close(sibling->pipe);
  open_children().clear();
}

}  // namespace

void listen_to_children(int milliseconds) {
  // Then as long as any has more to say: an answer and its end come in several parts.
  for (int wait = milliseconds;; wait = 0) {
    const std::vector<Running*> children = open_children();
    std::vector<pollfd> pipes;
    pipes.reserve(children.size());
    for (const Running* child : children) pipes.push_back({child->pipe, POLLIN, 0});
    const int ready = poll(pipes.data(), pipes.size(), wait);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return;
    if (ready < 0) throw std::system_error(errno, std::generic_category(), "poll");
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (pipes[i].revents != 0) read_part(*children[i]);
    }
    if (open_children().empty()) return;
  }
}

void run_at_most(int children) { most_children() = children; }

int usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;  // more than the set can name
  return std::max(1, CPU_COUNT(&cores));
}

ChildKilled::ChildKilled(int signal)
    : std::runtime_error("a simulation was killed by signal " + std::to_string(signal)),
      signal_(signal) {}

ChildProcess::ChildProcess(const std::function<std::string()>& work)
    : running_(std::make_unique<Running>()) {
  const int most = most_children() > 0 ? most_children() : usable_cores();
  while (open_children().size() >= static_cast<std::size_t>(most)) listen_to_children(-1);
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);  // or the child would print the parent's buffers again
  const int parent = getpid();
  running_->pid = fork();
  if (running_->pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (running_->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);  // not the parent's
    if (getppid() != parent) _exit(0);  // it was gone before it could be told
    close(ends[0]);
    forget_siblings();
    std::string answer;
    try {
      answer = kGood + work();
    } catch (const std::bad_alloc&) {
      answer = kNoRoom + std::string("out of memory");
    } catch (const std::system_error& error) {
      answer = kNoRoom + std::string(error.what());
    } catch (const MachineFault& error) {  // of a child of its own
      answer = kNoRoom + std::string(error.what());
    } catch (const std::exception& error) {
      answer = kFailed + std::string(error.what());
    }
    write_all(ends[1], answer);
    _exit(0);  // no destructors of the parent's objects, no SystemC teardown
  }
  close(ends[1]);
  running_->pipe = ends[0];
  open_children().push_back(running_.get());
}

ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;

ChildProcess::~ChildProcess() {
  if (!running_ || running_->pid <= 0) return;
  kill(running_->pid, SIGKILL);
  if (running_->pipe >= 0) close_pipe(*running_);
  waitpid(running_->pid, nullptr, 0);
}

bool ChildProcess::has_ended() const { return running_->pipe < 0; }

std::string ChildProcess::result() {
  while (running_->pipe >= 0) read_part(*running_);
  int status = 0;
  const int pid = std::exchange(running_->pid, -1);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) throw ChildKilled(WTERMSIG(status));
  const std::string answer = std::move(running_->answer);
  if (answer.empty()) throw std::runtime_error("a simulation ended without a result");
  if (answer.front() == kNoRoom) throw MachineFault(answer.substr(1));
  if (answer.front() == kFailed) throw std::runtime_error(answer.substr(1));
  return answer.substr(1);
}

}  // namespace nibble
