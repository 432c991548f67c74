#include "models/datasets/text_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/datasets/fashion_mnist.h"

namespace nibble {
namespace {

constexpr const char* kInstall = "install the Debian package bible-kjv";
constexpr std::int64_t kVerses = 31102, kChapters = 1189;

/// Starts the program with its output in a pipe; nothing it inherits can change what it prints.
pid_t start(const std::string& program, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // -f: one verse a line behind its reference; -p: not a file that lies in the current folder.
  const std::string folder = std::filesystem::path(kBibleFile).parent_path().string();
  std::string words[] = {program, "-f", "-p", folder, "gen1:1-rev22:21"};
  std::array<char*, 6> arguments{};
  for (std::size_t i = 0; i < 5; ++i) arguments[i] = words[i].data();
  char* environment[] = {nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(),
                                 static_cast<char**>(environment));
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) throw DatasetError(program, std::string("missing: ") + kInstall);
  if (error != 0) throw DatasetError(program, std::string("cannot be run: ") + strerror(error));
  return child;
}

std::string read_all(int pipe) {
  std::string text;
  std::array<char, 1 << 16> part{};
  for (;;) {
    const ssize_t got = read(pipe, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

/// A pipe whose ends are closed in children and at the end.
struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw DatasetError("bible", "no pipe can be made to it");
  }
  ~Pipe() {
    close(ends[0]);
    close_input();
  }
  void close_input() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int ends[2] = {-1, -1};
};

std::string output_of(const std::string& program) {
  Pipe pipe;
  const pid_t child = start(program, pipe.ends[1]);
  pipe.close_input();
  std::string text = read_all(pipe.ends[0]);
  int state = 0;
  while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  if (state != 0) throw DatasetError(program, std::string("failed to print its text: ") + kInstall);
  return text;
}

}  // namespace

BibleText parse_bible(const std::string& lines, const std::string& name) {
  BibleText text;
  std::string chapter;  // "Ge1"
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    ++text.verses;
    const std::size_t colon = line.find(':'), space = line.find(' ');
    if (space == std::string::npos || colon >= space || space + 1 == line.size()) {
      throw DatasetError(name, "line " + std::to_string(text.verses) + " is no verse");
    }
    if (text.chapters.empty() || line.compare(0, colon, chapter) != 0) {
      chapter = line.substr(0, colon);
      text.chapters.emplace_back();
    }
    text.chapters.back() += line.substr(space + 1) + '\n';
  }
  return text;
}

BibleText read_bible(const std::string& program) {
  BibleText text = parse_bible(output_of(program), program);
  const auto chapters = static_cast<std::int64_t>(text.chapters.size());
  if (text.verses != kVerses || chapters != kChapters) {
    throw DatasetError(program, "prints " + std::to_string(text.verses) + " verses of " +
                                    std::to_string(chapters) +
                                    " chapters instead of 31102 of 1189: " + kInstall);
  }
  return text;
}

}  // namespace nibble
