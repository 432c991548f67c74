#include "models/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <torch/torch.h>

#include "models/layers/inference.h"
#include "models/trace/replay.h"
#include "models/training/batches.h"
#include "models/training/fp32_network.h"
#include "models/training/sgd.h"
#include "models/training/trace_recorder.h"
#include "models/training/trained_network.h"

namespace nibble {
namespace {

constexpr std::int64_t kEvaluationBatch = 100;

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
           const TrainingData& data)
      : task_(task),
        options_(options),
        data_(data),
        train_images_(options.train_images > 0 ? options.train_images : data.train.count),
        test_images_(options.test_images > 0 ? options.test_images : data.test.count),
        batches_(data.train, data.grey, train_images_, task.batch, task.flip, options.seed),
        steps_(task.epochs * batches_.per_epoch()) {
    check_options();
    make_network(network);
    optimizer_ = make_sgd(this->network().parameters(), task_);
  }

  TrainingResult run(const TrainingObserver& observer) {
    for (std::int64_t epoch = 0; epoch < task_.epochs; ++epoch) {
      EpochResult result = run_epoch(epoch, observer);
      result_.train_s += result.seconds;
      result.test_accuracy_percent = evaluate();
      result_.epochs.push_back(result);
      if (observer.epoch) observer.epoch(epoch + 1, result);
    }
    finish();
    return std::move(result_);
  }

 private:
  void check_options() {
    if (task_.epochs < 1) throw std::invalid_argument("a training needs at least one epoch");
    if (test_images_ > data_.test.count) {
      throw std::invalid_argument(std::to_string(test_images_) + " test images of " +
                                  std::to_string(data_.test.count));
    }
    if (!options_.trace_step) return;
    trace_step_ = *options_.trace_step < 0 ? steps_ + *options_.trace_step : *options_.trace_step;
    if (options_.precision != TrainingPrecision::nibble4) {
      throw std::invalid_argument("only a nibble4 training can capture a trace");
    }
    if (trace_step_ < 0 || trace_step_ >= steps_) {
      throw std::invalid_argument("trace step " + std::to_string(*options_.trace_step) +
                                  " of a training of " + std::to_string(steps_) + " steps");
    }
    if (options_.trace_batch < 2 || options_.trace_batch > task_.batch) {
      throw std::invalid_argument("trace batch " + std::to_string(options_.trace_batch) +
                                  ", allowed are 2 to the training's batch of " +
                                  std::to_string(task_.batch));
    }
  }

  void make_network(const Network& network) {
    if (options_.precision == TrainingPrecision::nibble4) {
      nibble4_ = std::make_unique<TrainedNetwork>(network, task_, options_.seed);
    } else {
      fp32_ = std::make_unique<Fp32Network>(network, task_, options_.seed);
    }
  }

  [[nodiscard]] TrainableNetwork& network() const {
    if (nibble4_) return *nibble4_;
    return *fp32_;
  }

  EpochResult run_epoch(std::int64_t epoch, const TrainingObserver& observer) {
    const Stopwatch watch;
    double loss = 0;
    std::int64_t correct = 0;
    for (std::int64_t i = 1; i <= batches_.per_epoch(); ++i) {
      Batch batch = batches_.next();
      batch.step = static_cast<std::uint32_t>(step_);
      if (options_.trace_step && step_ == trace_step_) capture(batch);
      train_step(batch, loss, correct);
      ++step_;
      if (!observer.step) continue;
      const double seconds = watch.seconds();
      StepReport report{step_, steps_, epoch + 1, task_.epochs, 0, 0, 0, 0};
      report.loss = loss / static_cast<double>(i);
      report.accuracy_percent = percent(correct, i * task_.batch);
      report.images_per_s = static_cast<double>(i * task_.batch) / seconds;
      report.seconds_left = static_cast<double>(steps_ - step_) * seconds / static_cast<double>(i);
      observer.step(report);
    }
    return {loss / static_cast<double>(batches_.per_epoch()),
            percent(correct, batches_.per_epoch() * task_.batch), 0, watch.seconds()};
  }

  void train_step(const Batch& batch, double& loss_sum, std::int64_t& correct) {
    const BatchOutcome outcome =
        nibble::train_step(network(), *optimizer_, learning_rate(task_, step_, steps_), batch);
    if (!std::isfinite(outcome.loss)) {
      throw std::runtime_error("the loss is not finite at step " + std::to_string(step_));
    }
    loss_sum += outcome.loss;
    correct += outcome.correct;
  }

  /// The same step on the first images of its batch, leaving no mark on the training. The loss is
  /// still divided by the whole batch: the gradients keep the size that GradScale is used to.
  void capture(const Batch& batch) {
    Batch part;
    part.step = batch.step;
    part.labels.assign(batch.labels.begin(), batch.labels.begin() + options_.trace_batch);
    const std::int64_t values = options_.trace_batch * data_.train.pixels_per_image();
    part.images.assign(batch.images.begin(), batch.images.begin() + values);
    Trace trace;
    trace.network = nibble4_->network().name;
    trace.task = task_.name;
    trace.dataset = task_.dataset;
    trace.batch = options_.trace_batch;
    trace.step = step_;
    trace.seed = options_.seed;
    trace.chunk_len = task_.chunk_len;
    trace.fp16_chunk_len = task_.fp16_chunk_len;
    trace.accumulator = task_.accumulator;
    TraceRecorder recorder(trace);
    nibble4_->capture(part, task_.batch, recorder);
    result_.trace = std::move(trace);
  }

  [[nodiscard]] static double percent(std::int64_t part, std::int64_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  }

  double evaluate() {
    std::optional<InferenceNetwork> inference;
    if (nibble4_) inference.emplace(nibble4_->network(), nibble4_->export_weights());
    std::int64_t correct = 0;
    for (std::int64_t first = 0; first < test_images_; first += kEvaluationBatch) {
      const std::int64_t count = std::min(kEvaluationBatch, test_images_ - first);
      const std::vector<int> classes =
          inference ? inference->classify(fp16_images(data_.test, first, count, data_.grey).data(),
                                          count, fast_gemm)
                    : fp32_->classify(plain_batch(data_.test, data_.grey, first, count));
      for (std::int64_t i = 0; i < count; ++i) {
        const int label = data_.test.labels[static_cast<std::size_t>(first + i)];
        correct += classes[static_cast<std::size_t>(i)] == label ? 1 : 0;
      }
    }
    return percent(correct, test_images_);
  }

  void finish() {
    result_.steps = steps_;
    result_.train_images = train_images_;
    result_.test_images = test_images_;
    if (nibble4_) {
      result_.grad_scales = nibble4_->grad_scales();
      result_.alphas = nibble4_->alpha_values();
      Accuracy accuracy;
      accuracy.fp32 = options_.fp32_accuracy;
      accuracy.nibble4 = result_.test_accuracy_percent();
      accuracy.epochs = task_.epochs;
      result_.weights = nibble4_->export_weights();
      result_.weights->accuracy = accuracy;
      if (result_.trace) result_.trace->accuracy = accuracy;
    }
    if (result_.trace) {
      for (const TraceOperation& operation : result_.trace->operations) {
        result_.trace_results +=
            static_cast<std::int64_t>(result_.trace->values.at(operation.result).size());
        result_.trace_mismatches += count_mismatches(*result_.trace, operation, slow_gemm);
      }
    }
    result_.total_s = watch_.seconds();
  }

  const TrainingTask& task_;
  const TrainingOptions& options_;
  const TrainingData& data_;
  Stopwatch watch_;
  std::int64_t train_images_, test_images_;
  std::unique_ptr<TrainedNetwork> nibble4_;  // one of the two
  std::unique_ptr<Fp32Network> fp32_;
  Batches batches_;
  std::int64_t steps_, step_ = 0, trace_step_ = -1;
  std::unique_ptr<torch::optim::SGD> optimizer_;
  TrainingResult result_;
};

}  // namespace

TrainingResult train(const Network& network, const TrainingTask& task,
                     const TrainingOptions& options, const TrainingData& data,
                     const TrainingObserver& observer) {
  torch::set_num_threads(options.threads);
  return Training(network, task, options, data).run(observer);
}

}  // namespace nibble
