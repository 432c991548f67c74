#include "models/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <torch/torch.h>

#include "models/training/batches.h"
#include "models/training/divergence.h"
#include "models/training/gradient_study.h"
#include "models/training/network_in_training.h"
#include "models/training/step_capture.h"
#include "models/training/training_curve.h"
#include "models/training/training_settings.h"

namespace nibble {
namespace {

constexpr std::int64_t kStepsPerLine = 10;   // of the curve
constexpr std::int64_t kStepsPerCount = 16;  // NaN-infinity codes of all layers: 1 % of the time

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

class Training {
 public:
  Training(const Network& network, const TrainingTask& task, const TrainingOptions& options,
           const TrainingData& data, const TrainingObserver& observer)
      : task_(task),
        options_(options),
        data_(data),
        observer_(observer),
        train_samples_(learned_samples(options, data)),
        test_samples_(limited(*data.test)),
        batches_(*data.train, train_samples_, task.batch, options.seed),
        steps_(task.epochs * batches_.per_epoch()),
        command_(options.command),
        network_(network, task, options.seed, options.gemm, steps_),
        optimizer_(task),
        gradients_(options.gradient_steps, steps_, task.recipe.arithmetic) {
    if (options.trace_step) trace_step_ = step_of("--trace-step", *options.trace_step, steps_);
    result_.data_crc32 = data_crc32(data);
    const std::string measured = options.gradient_steps.empty() ? "" : gradients_.choice();
    identity_ = identity_json(network, task, options, result_.data_crc32, measured).dump();
    curve_ = std::make_unique<TrainingCurve>(network_.get());
  }

  void resume(const Checkpoint& from) {
    const std::string difference = settings_difference(from.identity, identity_);
    if (!difference.empty()) throw std::invalid_argument("is of another training: " + difference);
    const std::int64_t step = from.progress.step;
    if (step > steps_ || from.updates > step) {
      throw std::invalid_argument("is of step " + std::to_string(step) + " with " +
                                  std::to_string(from.updates) + " updates, of a training of " +
                                  std::to_string(steps_) + " steps");
    }
    const std::optional<TraceSummary>& trace = from.progress.trace;
    const bool traced = trace && trace->step == trace_step_ && trace->batch == options_.trace_batch;
    if (options_.trace_step && trace_step_ < step && !traced) {
      throw std::invalid_argument("has passed step " + std::to_string(trace_step_) +
                                  ", which is to be traced; allowed are " + std::to_string(step) +
                                  " to " + std::to_string(steps_ - 1));
    }
    network_.restore(from);
    optimizer_.restore(from.moments, from.updates, network_.get().parameters());
    progress_ = from.progress;
    curve_->restore(from.curve);
    gradients_.restore(from.gradients);
    command_ = from.command;
  }

  TrainingResult run() {
    epoch_before_s_ = progress_.epoch_s;
    epoch_watch_ = Stopwatch();
    if (observer_.start) {
      observer_.start({steps_, batches_.per_epoch(), train_samples_, progress_.step});
    }
    if (progress_.step > 0) show_curve();
    bool stopped = false;
    while (progress_.step < steps_ && !stopped) stopped = run_step();
    result_.interrupted = progress_.step < steps_;
    if (!result_.interrupted) finish();
    result_.progress = progress_;
    result_.curve = curve_->csv();
    result_.command = command_;
    result_.total_s = watch_.seconds();
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::int64_t limited(const SampleSet& set) const {
    return options_.limit_test > 0 ? std::min(options_.limit_test, set.count()) : set.count();
  }

  [[nodiscard]] bool ends_epoch(std::int64_t step) const {
    return step % batches_.per_epoch() == 0;
  }

  void capture(TrainedNetwork& network, const Batch& batch) {
    Trace trace = capture_step(network, task_, batch, options_.trace_batch, options_.seed);
    const ReplayCount replayed = replay_all(trace);
    progress_.trace =
        TraceSummary{trace.step, trace.batch, static_cast<std::int64_t>(trace.operations.size()),
                     replayed.results, replayed.mismatches};
    if (observer_.trace) observer_.trace(trace, *progress_.trace);
    result_.trace = std::move(trace);
  }

  /// One step and whatever is due behind it. Returns whether the observer wants to stop here.
  bool run_step() {
    const Batch batch = batches_.at(progress_.step);
    network_.begin_step(progress_.step);
    TrainableNetwork& network = network_.get();
    TrainedNetwork* const nibble = network_.nibble();
    if (options_.trace_step && progress_.step == trace_step_) {
      capture(*nibble, batch);
    }
    if (nibble != nullptr) gradients_.measure(*nibble, batch);
    const BatchOutcome outcome = network.run(batch);
    const std::int64_t done = progress_.step + 1;
    const bool stops = observer_.stop && observer_.stop();
    const std::int64_t every =
        options_.checkpoint_every > 0 ? options_.checkpoint_every : batches_.per_epoch();
    const bool saves = stops || done % every == 0 || done == steps_;
    const std::vector<ParameterArray> parameters = network.parameters();
    const double rate = learning_rate(task_, progress_.step, steps_);
    // A lower loss scale mends gradients, but neither loss nor outputs.
    check_finite(network, outcome.skipped ? std::vector<ParameterArray>() : parameters, outcome,
                 done, saves || done % kStepsPerCount == 0);
    if (!outcome.skipped) {
      optimizer_.step(parameters, rate);
      network.finish_step();
      check_alphas(parameters, done);
    }
    progress_.step = done;
    ++progress_.engine_steps[nibble != nullptr ? options_.engine : "libtorch"];
    progress_.epoch.add(outcome);
    progress_.line.add(outcome);
    labels_per_step_ = static_cast<std::int64_t>(batch.labels.size());
    progress_.epoch_s = epoch_before_s_ + epoch_watch_.seconds();
    report_step();
    record(rate);
    if (saves) save();
    return stops;
  }

  void report_step() {
    if (!observer_.step) return;
    const auto steps = static_cast<double>(progress_.epoch.steps);
    StepReport report;
    report.step = progress_.step;
    report.steps = steps_;
    report.epoch = (progress_.step - 1) / batches_.per_epoch() + 1;
    report.epochs = task_.epochs;
    report.loss = progress_.epoch.mean_loss();
    report.accuracy_percent = progress_.epoch.accuracy_percent(labels_per_step_);
    report.samples_per_s = steps * static_cast<double>(task_.batch) / progress_.epoch_s;
    report.seconds_left = static_cast<double>(steps_ - progress_.step) * progress_.epoch_s / steps;
    observer_.step(report);
  }

  /// A line of the curve where one is due, and the end of an epoch.
  void record(double rate) {
    const bool epoch_ends = ends_epoch(progress_.step);
    if (!epoch_ends && progress_.step % kStepsPerLine != 0) return;
    CurvePoint point;
    point.step = progress_.step;
    point.epoch = (progress_.step - 1) / batches_.per_epoch() + 1;
    point.loss = progress_.line.mean_loss();
    point.accuracy_percent = progress_.line.accuracy_percent(labels_per_step_);
    point.learning_rate = rate;
    if (epoch_ends) point.validation = finish_epoch(point.epoch);
    curve_->add(point, network_.get());
    show_curve();
    progress_.line = {};
  }

  void show_curve() const {
    if (observer_.curve) observer_.curve(curve_->csv());
  }

  std::optional<Evaluation> finish_epoch(std::int64_t epoch) {
    EpochResult result;
    result.train_loss = progress_.epoch.mean_loss();
    result.train_accuracy_percent = progress_.epoch.accuracy_percent(labels_per_step_);
    result.seconds = progress_.epoch_s;
    if (data_.validation) {
      result.validation = evaluate_on(*data_.validation, "validation");
    }
    progress_.epochs.push_back(result);
    progress_.train_s += progress_.epoch_s;
    progress_.epoch = {};
    progress_.epoch_s = epoch_before_s_ = 0;
    if (observer_.epoch) observer_.epoch(epoch, result);
    epoch_watch_ = Stopwatch();
    return result.validation;
  }

  void save() {
    if (!observer_.checkpoint) return;
    Checkpoint checkpoint;
    checkpoint.identity = identity_;
    checkpoint.command = command_;
    checkpoint.progress = progress_;
    checkpoint.curve = curve_->lines();
    checkpoint.gradients = gradients_.lines();
    checkpoint.updates = optimizer_.updates();
    network_.save(checkpoint);
    checkpoint.moments = optimizer_.states();
    observer_.checkpoint(checkpoint);
  }

  Evaluation evaluate_on(const SampleSet& set, const char* name) const {
    const Evaluation evaluation = network_.evaluate_on(set, limited(set));
    if (std::isfinite(evaluation.loss)) return evaluation;
    throw TrainingDiverged(std::string("the training diverged: the ") + name +
                           " loss is not finite after step " + std::to_string(progress_.step));
  }

  void finish() {
    result_.test = evaluate_on(*data_.test, "test");
    result_.train_samples = train_samples_;
    result_.test_samples = test_samples_;
    const TrainedNetwork* const nibble = network_.nibble();
    if (nibble == nullptr) return;
    result_.grad_scales = nibble->grad_scales();
    result_.alphas = nibble->alpha_values();
    if (!options_.gradient_steps.empty()) result_.gradients = gradients_.csv();
    result_.accuracy.fp32 = options_.fp32_accuracy;
    result_.accuracy.nibble4 = result_.test.accuracy_percent;
    result_.accuracy.epochs = task_.epochs;
    result_.weights = nibble->export_weights();
    result_.weights->accuracy = result_.accuracy;
    result_.weights->recipe = task_.recipe.name;
    if (result_.trace) result_.trace->accuracy = result_.accuracy;
  }

  const TrainingTask& task_;
  const TrainingOptions& options_;
  const TrainingData& data_;
  const TrainingObserver& observer_;
  Stopwatch watch_, epoch_watch_;
  double epoch_before_s_ = 0;  // of this epoch, before it was resumed
  std::int64_t train_samples_, test_samples_;
  Batches batches_;
  std::int64_t steps_, trace_step_ = -1, labels_per_step_ = 0;
  std::string identity_, command_;
  NetworkInTraining network_;
  Optimizer optimizer_;
  GradientStudy gradients_;
  std::unique_ptr<TrainingCurve> curve_;
  TrainingProgress progress_;
  TrainingResult result_;
};

}  // namespace

TrainingResult train(const Network& network, const TrainingTask& task,
                     const TrainingOptions& options, const TrainingData& data,
                     const TrainingObserver& observer, const Checkpoint* resumed) {
  check_options(network, task, options, data);
  torch::set_num_threads(options.threads);
  Training training(network, task, options, data, observer);
  try {
    if (resumed != nullptr) training.resume(*resumed);
  } catch (const std::invalid_argument& fault) {
    throw CheckpointRefused(fault.what());
  }
  return training.run();
}

}  // namespace nibble
