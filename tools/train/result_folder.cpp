#include "tools/train/result_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <unistd.h>

#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
#include "models/training/metrics.h"
#include "sim/base/bad_input.h"
#include "tools/version.h"

namespace nibble {
namespace {

constexpr const char *kCheckpoint = "checkpoint.safetensors", *kCurve = "curve.csv";
constexpr const char *kMetrics = "metrics.json", *kWeights = "weights.safetensors";
constexpr const char *kTrace = "trace.safetensors", *kGradients = "gradients.csv";
constexpr const char* kFiles[] = {kMetrics, kCurve, kCheckpoint, kWeights, kTrace, kGradients};

/// As sha256sum prints it of a file with these bytes.
std::string sha256(const std::string& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace

bool holds_checkpoint(const std::string& folder) {
  return std::filesystem::exists(folder + "/" + kCheckpoint);
}

ResultFolder::ResultFolder(std::string path, bool resumes)
    : path_(std::move(path)), created_(create_output_directory(path_)), is_own_(resumes) {
  for (const char* name : kFiles) {
    if (std::filesystem::is_directory(file(name))) {
      throw bad_file(file(name), "is a directory", "allowed is a folder without one of this name");
    }
  }
  lock();  // first, as an unfinished training may be one that runs
  if (!resumes) refuse_unfinished();
}

ResultFolder::~ResultFolder() { close(lock_); }

/// Hours of work would be lost by one forgotten option.
void ResultFolder::refuse_unfinished() const {
  if (!holds_checkpoint(path_) || std::filesystem::exists(file(kMetrics))) return;
  throw bad_file(path_, "holds a training that is not finished",
                 "allowed are --resume, which goes on with it, another folder, or to remove its "
                 "checkpoint.safetensors");
}

/// The system lets go of it when the program ends, however it ends.
void ResultFolder::lock() {
  lock_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (lock_ >= 0) close(lock_);
  if (error == EWOULDBLOCK) {
    throw bad_file(path_, "another training writes here", "allowed is another folder");
  }
  throw bad_file(path_, system_fault("cannot be locked", error),
                 "allowed is a folder on a file system that locks");
}

std::string ResultFolder::checkpoint_path() const { return file(kCheckpoint); }

Checkpoint ResultFolder::resume() {
  const std::string path = checkpoint_path();
  if (!holds_checkpoint(path_)) {
    throw bad_file(path, "is not there to go on from",
                   "allowed is to begin without --resume, or with --resume-if-any");
  }
  try {
    Checkpoint checkpoint = parse_checkpoint(path, read_bytes(path));
    if (checkpoint.progress.trace) {
      const std::string trace = file(kTrace);
      trace_ = parse_trace(trace, read_bytes(trace));
    }
    return checkpoint;
  } catch (const TraceError& damage) {
    throw TraceError(damage.what(), "allowed are whole files; to begin again, remove " + path);
  }
}

void ResultFolder::remove_of_others(const std::vector<std::string>& own) {
  if (std::exchange(is_own_, true)) return;
  for (const char* name : kFiles) {
    if (std::find(own.begin(), own.end(), name) == own.end()) std::filesystem::remove(file(name));
  }
}

void ResultFolder::write(const std::vector<OutputFile>& files) {
  write_files(path_, files);
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const OutputFile& each : files) names.push_back(each.name);
  remove_of_others(names);
}

void ResultFolder::grow_curve(const std::string& csv) {
  if (!curve_.is_open()) curve_.open(file(kCurve), std::ios::binary | std::ios::trunc);
  curve_.write(csv.data() + curve_bytes_, static_cast<std::streamsize>(csv.size() - curve_bytes_));
  if (!curve_.flush()) {
    throw bad_file(file(kCurve), system_fault("cannot be written", errno),
                   "allowed is a file in a writable directory with space left");
  }
  curve_bytes_ = csv.size();
  remove_of_others({kCurve});
}

void ResultFolder::save(const Checkpoint& checkpoint) {
  write({{kCheckpoint, checkpoint_bytes(checkpoint)}});
}

void ResultFolder::save(const Trace& trace) {
  write({{kTrace, trace_bytes(trace)}});
  trace_ = trace;
}

void ResultFolder::finish(const TaskFile& file, const TrainingOptions& options,
                          const TrainingResult& result) {
  grow_curve(result.curve);
  TrainingOrigin origin{program_text(), file.recipes, ""};
  std::vector<OutputFile> files;
  if (result.weights) {
    const Network& trained = file.task.finish ? file.task.finish->network : file.network;
    files.push_back({kWeights, weights_bytes(trained, *result.weights)});
    origin.weights_sha256 = sha256(files.back().bytes);
  }
  files.push_back({kMetrics, metrics_json(file.network, file.task, options, result, origin)});
  if (!result.gradients.empty()) files.push_back({kGradients, result.gradients});
  if (trace_) {
    trace_->accuracy = result.accuracy;
    files.push_back({kTrace, trace_bytes(*trace_)});
  }
  write(files);
}

std::vector<std::string> ResultFolder::files() const {
  std::vector<std::string> names;
  for (const char* name : kFiles) {
    if (std::filesystem::exists(file(name))) names.emplace_back(name);
  }
  return names;
}

void ResultFolder::leave_nothing() const noexcept { remove_created(created_); }

}  // namespace nibble
