#include "sim/sweep/program_output.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nibble {
namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

/// What a program writes, kept in memory: unlike with pipes nobody need read two at a time.
class Sink {
 public:
  Sink() : descriptor_(memfd_create("output", MFD_CLOEXEC)) {
    if (descriptor_ < 0) check(errno, "memfd_create");
  }
  ~Sink() { close(descriptor_); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string text() const {
    std::string text;
    char part[4096];
    for (ssize_t got = 0;
         (got = pread(descriptor_, part, sizeof part, static_cast<off_t>(text.size()))) > 0;) {
      text.append(part, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int descriptor_;
};

/// How a program starts: where it reads and writes, away from our process group.
class Start {
 public:
  Start(const Sink& out, const Sink& err) {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
    check(posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
          "spawn");
    check(posix_spawn_file_actions_adddup2(&files_, out.descriptor(), STDOUT_FILENO), "spawn");
    check(posix_spawn_file_actions_adddup2(&files_, err.descriptor(), STDERR_FILENO), "spawn");
    check(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP), "spawn");
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  [[nodiscard]] pid_t run(const std::vector<std::string>& words) const {
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    arguments.reserve(copies.size() + 1);
    for (std::string& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = -1;
    check(posix_spawnp(&pid, arguments[0], &files_, &attributes_, arguments.data(), environ),
          words.front());
    return pid;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ProgramOutput run_program(const std::vector<std::string>& words) {
  const Sink out, err;
  const pid_t pid = Start(out, err).run(words);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kSignalled = 128;  // as shells say it
  const int code = WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, out.text(), err.text()};
}

}  // namespace nibble
