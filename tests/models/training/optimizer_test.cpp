#include "models/training/optimizer.h"

#include <cmath>
#include <random>

#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

/// Two arrays, a weight and a norm, that ours and libtorch's optimizer move side by side.
struct Contest {
  std::vector<float> weight = std::vector<float>(37), norm = std::vector<float>(5);
  std::vector<float> weight_gradient = weight, norm_gradient = norm;
  torch::Tensor torch_weight, torch_norm;

  Contest() {
    draw(weight);
    draw(norm);
    torch_weight = torch::tensor(weight).set_requires_grad(true);
    torch_norm = torch::tensor(norm).set_requires_grad(true);
  }
  void draw(std::vector<float>& values) {
    std::normal_distribution<float> normal;
    for (float& value : values) value = normal(random);
  }
  void draw_gradients() {
    draw(weight_gradient);
    draw(norm_gradient);
    torch_weight.mutable_grad() = torch::tensor(weight_gradient);
    torch_norm.mutable_grad() = torch::tensor(norm_gradient);
  }
  std::vector<ParameterArray> arrays() {
    return {{"w", ParameterKind::weight, weight.data(), weight_gradient.data(), weight.size()},
            {"n", ParameterKind::norm, norm.data(), norm_gradient.data(), norm.size()}};
  }
  [[nodiscard]] double distance() const {
    const torch::NoGradGuard guard;
    return (torch::tensor(weight) - torch_weight).norm().item<double>() +
           (torch::tensor(norm) - torch_norm).norm().item<double>();
  }

 private:
  std::mt19937_64 random{1};
};

TEST_CASE("SGD moves parameters as libtorch's does, with decay of weights only") {
  TrainingTask task = test::small_task();
  task.weight_decay = 0.01;
  Contest contest;
  Optimizer optimizer(task);
  const auto options = [&](double decay) {
    return torch::optim::SGDOptions(0.1).momentum(task.momentum).weight_decay(decay);
  };
  torch::optim::SGD weights({contest.torch_weight}, options(0.01));
  torch::optim::SGD norms({contest.torch_norm}, options(0));
  for (int step = 0; step < 20; ++step) {
    contest.draw_gradients();
    optimizer.step(contest.arrays(), 0.1);
    weights.step();
    norms.step();
    CHECK(contest.distance() < 1e-5);
  }
}

TEST_CASE("Adam moves parameters as libtorch's AdamW does") {
  TrainingTask task = test::small_task();
  task.optimizer = OptimizerKind::adam;
  task.weight_decay = 0.1;
  Contest contest;
  Optimizer optimizer(task);
  torch::optim::AdamW weights({contest.torch_weight},
                              torch::optim::AdamWOptions(0.01).weight_decay(0.1));
  torch::optim::AdamW norms({contest.torch_norm}, torch::optim::AdamWOptions(0.01).weight_decay(0));
  for (int step = 0; step < 20; ++step) {
    contest.draw_gradients();
    optimizer.step(contest.arrays(), 0.01);
    weights.step();
    norms.step();
    CHECK(contest.distance() < 1e-5);
  }
}

TEST_CASE("A gradient longer than clip_norm is shortened to it, a shorter one is left alone") {
  TrainingTask task = test::small_task();
  task.momentum = 0;
  task.weight_decay = 0;
  for (const double clip : {2.0, 100.0}) {
    task.clip_norm = clip;
    std::vector<float> a = {0, 0}, b = {0};
    const std::vector<float> a_gradient = {3, 4}, b_gradient = {12};  // 13 long
    Optimizer(task).step({{"a", ParameterKind::weight, a.data(), a_gradient.data(), 2},
                          {"b", ParameterKind::norm, b.data(), b_gradient.data(), 1}},
                         1.0);
    const float factor = clip < 13 ? 2.0F / 13.0F : 1.0F;
    CHECK(a[0] == Approx(-3 * factor));
    CHECK(a[1] == Approx(-4 * factor));
    CHECK(b[0] == Approx(-12 * factor));
  }
}

TEST_CASE("Alpha moves at a rate of its own, in both optimizers") {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam}) {
    TrainingTask task;
    task.optimizer = kind;
    task.alpha_learning_rate = 4;
    Optimizer optimizer(task);
    float weight = 1, alpha = 1;
    const float gradient = 0.5F;
    optimizer.step({{"w", ParameterKind::weight, &weight, &gradient, 1},
                    {"a", ParameterKind::alpha, &alpha, &gradient, 1}},
                   0.0625);
    CHECK(weight < 1);
    CHECK(1 - alpha == Approx(4 * (1 - weight)));
  }
}

TEST_CASE(
    "A fitted alpha is not moved by the optimizer, nor has it a part in the length of gradients") {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam}) {
    TrainingTask task;
    task.optimizer = kind;
    task.alpha_decay = 0.5;
    task.alpha_fit_every = 8;
    task.clip_norm = 1;  // in which an alpha that does not move has no part
    float alpha = 1, weight = 1, alone = 1;
    const float large = 100, gradient = 0.5F;
    Optimizer(task).step({{"w", ParameterKind::weight, &weight, &gradient, 1},
                          {"a", ParameterKind::alpha, &alpha, &large, 1}},
                         0.0625);
    Optimizer(task).step({{"w", ParameterKind::weight, &alone, &gradient, 1}}, 0.0625);
    CHECK(alpha == 1);
    CHECK(weight == alone);
    CHECK(weight < 1);
  }
}

TEST_CASE("The learning rate warms up in a line and falls in a cosine to zero, or stays") {
  TrainingTask task = test::small_task();
  task.learning_rate = 0.1;
  task.warmup_steps = 10;
  CHECK(learning_rate(task, 0, 110) == Approx(0.01));
  CHECK(learning_rate(task, 9, 110) == Approx(0.1));
  CHECK(learning_rate(task, 10, 110) == Approx(0.1));
  CHECK(learning_rate(task, 60, 110) == Approx(0.05));
  CHECK(learning_rate(task, 109, 110) < 1e-4);
  task.schedule = RateSchedule::constant;
  CHECK(learning_rate(task, 0, 110) == Approx(0.01));
  CHECK(learning_rate(task, 60, 110) == 0.1);
  CHECK(learning_rate(task, 109, 110) == 0.1);
}

}  // namespace
}  // namespace nibble
