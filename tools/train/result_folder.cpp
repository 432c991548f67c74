#include "tools/train/result_folder.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "models/trace/safetensors.h"
#include "models/trace/weights_file.h"
#include "models/training/metrics.h"

namespace nibble {
namespace {

constexpr const char *kCheckpoint = "checkpoint.safetensors", *kCurve = "curve.csv";
constexpr const char *kMetrics = "metrics.json", *kWeights = "weights.safetensors";
constexpr const char *kTrace = "trace.safetensors", *kGradients = "gradients.csv";

}  // namespace

ResultFolder::ResultFolder(std::string path)
    : path_(std::move(path)), created_(create_output_directory(path_)) {}

std::string ResultFolder::checkpoint_path() const { return path_ + "/" + kCheckpoint; }

Checkpoint ResultFolder::resume() {
  is_own_ = true;
  const std::string path = checkpoint_path();
  Checkpoint checkpoint = parse_checkpoint(path, read_bytes(path));
  if (checkpoint.progress.trace) {
    const std::string trace = path_ + "/" + kTrace;
    trace_ = parse_trace(trace, read_bytes(trace));
  }
  return checkpoint;
}

void ResultFolder::write(const std::vector<OutputFile>& files) {
  write_files(path_, files);
  if (std::exchange(is_own_, true)) return;
  for (const char* name : {kCheckpoint, kCurve, kMetrics, kWeights, kTrace, kGradients}) {
    const bool is_new = std::any_of(files.begin(), files.end(),
                                    [=](const OutputFile& file) { return file.name == name; });
    if (!is_new) std::filesystem::remove(std::filesystem::path(path_) / name);
  }
}

void ResultFolder::save(const Checkpoint& checkpoint, const std::string& curve) {
  write({{kCheckpoint, checkpoint_bytes(checkpoint)}, {kCurve, curve}});
}

void ResultFolder::save(const Trace& trace) {
  write({{kTrace, trace_bytes(trace)}});
  trace_ = trace;
}

void ResultFolder::finish(const TaskFile& file, const TrainingOptions& options,
                          const TrainingResult& result) {
  std::vector<OutputFile> files = {
      {kMetrics, metrics_json(file.network, file.task, options, result)}, {kCurve, result.curve}};
  if (result.weights) files.push_back({kWeights, weights_bytes(file.network, *result.weights)});
  if (!result.gradients.empty()) files.push_back({kGradients, result.gradients});
  if (trace_) {
    trace_->accuracy = result.accuracy;
    files.push_back({kTrace, trace_bytes(*trace_)});
  }
  write(files);
}

void ResultFolder::leave_nothing() const noexcept { remove_created(created_); }

}  // namespace nibble
