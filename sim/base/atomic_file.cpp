#include "sim/base/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kAllowedFile = "allowed is a file in a writable directory with space left";
constexpr const char* kAllowedDirectory = "allowed is a directory that exists or can be created";

BadInput write_fault(const std::string& path, int error_number) {
  return bad_file(path, system_fault("cannot be written", error_number), kAllowedFile);
}

/// An open file of a PendingFile.
class OpenFile {
 public:
  OpenFile(const std::string& name, int flags, const std::string& target)
      : target_(target), descriptor_(::open(name.c_str(), flags | O_CLOEXEC)) {
    if (descriptor_ < 0) throw write_fault(target_, errno);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ::ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw write_fault(target_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void finish() {
    if (::fsync(descriptor_) != 0) throw write_fault(target_, errno);
    if (::close(std::exchange(descriptor_, -1)) != 0) throw write_fault(target_, errno);
  }

 private:
  const std::string& target_;
  int descriptor_;
};

}  // namespace

PendingFile::PendingFile(std::string target) : target_(std::move(target)) {
  const std::filesystem::path path(target_);
  if (std::filesystem::is_directory(path)) throw write_fault(target_, EISDIR);
  // A dot in front hides the half-written file; mkstemp makes the name unique, so that two runs
  // into one directory cannot mix their bytes.
  name_ = (path.parent_path() / ("." + path.filename().string() + ".XXXXXX")).string();
  const int descriptor = ::mkstemp(name_.data());
  if (descriptor < 0) throw write_fault(target_, errno);
  // mkstemp's files are private; results are as readable as any other new file.
  const ::mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor, 0666 & ~mask);
  ::close(descriptor);
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : target_(std::move(other.target_)), name_(std::exchange(other.name_, {})) {}

PendingFile::~PendingFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

void PendingFile::write(std::string_view bytes) {
  OpenFile file(name_, O_WRONLY | O_TRUNC, target_);
  file.write(bytes);
  file.finish();
}

void PendingFile::flush() { OpenFile(name_, O_RDONLY, target_).finish(); }

void PendingFile::put_in_place() {
  if (std::rename(name_.c_str(), target_.c_str()) != 0) throw write_fault(target_, errno);
  name_.clear();
}

void write_file(const std::string& path, std::string_view bytes) {
  PendingFile file(path);
  file.write(bytes);
  file.put_in_place();
}

void write_files(const std::string& directory, const std::vector<OutputFile>& files) {
  const std::vector<std::string> created = create_output_directory(directory);
  try {
    std::vector<PendingFile> begun;
    begun.reserve(files.size());
    for (const OutputFile& file : files) {
      begun.emplace_back((std::filesystem::path(directory) / file.name).string());
      begun.back().write(file.bytes);
    }
    for (PendingFile& file : begun) file.put_in_place();
  } catch (...) {
    remove_created(created);
    throw;
  }
}

std::vector<std::string> create_output_directory(const std::string& directory) {
  namespace fs = std::filesystem;
  if (directory.empty())
    throw bad_file("", "the output directory's name is empty", kAllowedDirectory);
  std::vector<std::string> created;
  fs::path path;
  for (const fs::path& part : fs::path(directory)) {
    path /= part;
    if (part.empty() || ::mkdir(path.c_str(), 0777) == 0) {
      if (!part.empty()) created.push_back(path.string());
      continue;
    }
    const int reason = errno;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) continue;
    remove_created(created);
    const int cause = reason == EEXIST ? ENOTDIR : reason;
    throw bad_file(directory, system_fault("cannot be created", cause), kAllowedDirectory);
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw bad_file(directory, system_fault("cannot be written", errno),
                   "allowed is a directory that may be written");
  }
  return created;
}

void remove_created(const std::vector<std::string>& created) noexcept {
  for (auto path = created.rbegin(); path != created.rend(); ++path) ::rmdir(path->c_str());
}

}  // namespace nibble
