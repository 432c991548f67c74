#include "sim/base/atomic_file.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/bad_input.h"

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// An empty directory that vanishes with its contents.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "nibble_atomic_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      names.insert(fs::relative(entry.path(), path_).string());
    }
    return names;
  }

 private:
  fs::path path_;
};

/// No file may grow beyond some bytes: a disk that fills up in the middle of a file.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(::rlim_t bytes) {
    old_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const ::rlimit limit{bytes, old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_signal_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  ::rlimit old_limit_{};
  void (*old_signal_)(int) = nullptr;
};

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string fault_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const nibble::BadInput& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A file is written with exactly its bytes and nothing is left beside it") {
  const Scratch scratch;
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  nibble::write_file(scratch / "a.bin", bytes);
  CHECK(content(scratch / "a.bin") == bytes);
  nibble::write_file(scratch / "a.bin", "");
  CHECK(content(scratch / "a.bin").empty());
  CHECK(scratch.names() == std::set<std::string>{"a.bin"});
}

TEST_CASE("A written file has the permissions of any new file") {
  const Scratch scratch;
  nibble::write_file(scratch / "a", "x");
  std::ofstream(scratch / "b") << "x";
  CHECK(fs::status(scratch / "a").permissions() == fs::status(scratch / "b").permissions());
}

TEST_CASE("A write that fails half-way keeps the old file and leaves nothing else") {
  const Scratch scratch;
  nibble::write_file(scratch / "result.json", "old");
  std::string fault;
  {
    const FileSizeLimit limit(4096);
    fault = fault_of([&] { nibble::write_file(scratch / "result.json", std::string(9000, 'x')); });
  }
  CHECK(fault == scratch / "result.json" +
                     ": cannot be written (File too large), allowed is a file in a writable "
                     "directory with space left");
  CHECK(content(scratch / "result.json") == "old");
  CHECK(scratch.names() == std::set<std::string>{"result.json"});
}

TEST_CASE("Several files are written all or none") {
  const Scratch scratch;
  nibble::write_files(scratch / "out/run1", {{"a", "1"}, {"b", "2"}});
  CHECK(scratch.names() == std::set<std::string>{"out", "out/run1", "out/run1/a", "out/run1/b"});
  const auto before = scratch.names();

  std::string new_directory, old_directory;
  {
    const FileSizeLimit limit(4096);
    const std::string large(9000, 'x');
    new_directory = fault_of([&] {
      nibble::write_files(scratch / "other/deep", {{"a", "new"}, {"large", large}});
    });
    old_directory = fault_of([&] {
      nibble::write_files(scratch / "out/run1", {{"a", "new"}, {"large", large}});
    });
  }
  CHECK_THAT(new_directory, StartsWith(scratch / "other/deep/large: cannot be written"));
  CHECK_THAT(old_directory, StartsWith(scratch / "out/run1/large: cannot be written"));
  CHECK(scratch.names() == before);
  CHECK(content(scratch / "out/run1/a") == "1");
}

TEST_CASE("A target that cannot be a file is refused with its reason") {
  const Scratch scratch;
  fs::create_directory(scratch / "directory");
  CHECK_THAT(fault_of([&] { nibble::write_file(scratch / "directory", "x"); }),
             Contains("cannot be written (Is a directory)"));
  CHECK_THAT(fault_of([&] { nibble::write_file(scratch / "none/a", "x"); }),
             Contains("cannot be written (No such file or directory)"));
  CHECK(scratch.names() == std::set<std::string>{"directory"});
}

TEST_CASE("An output directory is created with its parents, and only what was created is removed") {
  const Scratch scratch;
  fs::create_directory(scratch / "a");
  const auto created = nibble::create_output_directory(scratch / "a/b/c/");
  CHECK(created == std::vector<std::string>{scratch / "a/b", scratch / "a/b/c"});
  CHECK(nibble::create_output_directory(scratch / "a/b/c").empty());
  nibble::write_file(scratch / "a/b/file", "x");
  nibble::remove_created(created);
  CHECK(scratch.names() == std::set<std::string>{"a", "a/b", "a/b/file"});
}

TEST_CASE("An output directory that cannot be made is refused and leaves nothing") {
  const Scratch scratch;
  nibble::write_file(scratch / "file", "x");
  const std::string allowed = "allowed is a directory that exists or can be created";
  CHECK(fault_of([&] { nibble::create_output_directory(scratch / "file"); }) ==
        scratch / "file: cannot be created (Not a directory), " + allowed);
  CHECK(fault_of([&] { nibble::create_output_directory(scratch / "file/below"); }) ==
        scratch / "file/below: cannot be created (Not a directory), " + allowed);
  const std::string too_long = scratch / "new/" + std::string(300, 'n');
  CHECK(fault_of([&] { nibble::create_output_directory(too_long); }) ==
        too_long + ": cannot be created (File name too long), " + allowed);
  CHECK(fault_of([] { nibble::create_output_directory(""); }) ==
        "the output directory's name is empty, " + allowed);
  CHECK(scratch.names() == std::set<std::string>{"file"});
}
