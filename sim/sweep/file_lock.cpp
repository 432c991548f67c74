#include "sim/sweep/file_lock.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

/// Whether the name still stands for the open file: whoever held the lock before has removed his.
bool is_still(const std::string& name, int descriptor) {
  struct stat named {
  }, opened{};
  return stat(name.c_str(), &named) == 0 && fstat(descriptor, &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

}  // namespace

std::optional<FileLock> FileLock::try_take(const std::string& file) {
  const std::string name = file + ".lock";
  while (true) {
    const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) throw bad_file(name, system_fault("cannot be written", errno));
    FileLock lock(name, descriptor);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      lock.name_.clear();  // not ours to remove
      if (error == EWOULDBLOCK) return std::nullopt;
      throw bad_file(name, system_fault("cannot be locked", error));
    }
    if (is_still(name, descriptor)) return lock;
    lock.name_.clear();
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : name_(std::exchange(other.name_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (!name_.empty()) unlink(name_.c_str());
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace nibble
