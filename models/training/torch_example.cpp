// A libtorch program with this project's layers in it: a convolution and a linear layer in INT4 and
// FP4 between libtorch's own convolution, batch norm, ReLU, pooling and SGD. It learns which half
// of an 8x8 image in noise is bright, and prints the loss.
#include <iostream>
#include <memory>

#include "models/training/torch_layers.h"

namespace {

struct Net : torch::nn::Module {
  Net() {
    register_module("stem", stem);
    register_module("norm1", norm1);
    register_module("conv", conv);
    register_module("norm2", norm2);
    register_module("fc", fc);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor stemmed = norm1(stem(x)).relu();
    return fc->forward(norm2(conv->forward(stemmed)).relu().mean({2, 3}));
  }

  nibble::ExactOptions exact;  // INT4 | FP4 even | FP4 odd, GradScale
  torch::nn::Conv2d stem{torch::nn::Conv2dOptions(1, 8, 3).padding(1).bias(false)};
  torch::nn::BatchNorm2d norm1{8}, norm2{16};
  std::shared_ptr<nibble::ExactConv2d> conv = std::make_shared<nibble::ExactConv2d>(
      torch::nn::Conv2dOptions(8, 16, 3).stride(2).padding(1).bias(false), exact);
  std::shared_ptr<nibble::ExactLinear> fc =
      std::make_shared<nibble::ExactLinear>(torch::nn::LinearOptions(16, 4), exact);
};

torch::Tensor images_of(const torch::Tensor& labels) {
  torch::Tensor images = torch::randn({labels.size(0), 1, 8, 8});
  for (std::int64_t i = 0; i < labels.size(0); ++i) {
    const auto label = labels[i].item<std::int64_t>();
    images[i][0].narrow(label / 2, label % 2 * 4, 4) += 2.0;  // rows or columns, first or last half
  }
  return images;
}

}  // namespace

int main() {
  torch::manual_seed(1);
  Net net;
  torch::optim::SGD sgd(net.parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  for (int step = 0; step < 100; ++step) {
    const torch::Tensor labels = torch::randint(4, {32}, torch::kInt64);
    const torch::Tensor loss =
        torch::nn::functional::cross_entropy(net.forward(images_of(labels)), labels);
    sgd.zero_grad();
    loss.backward();
    sgd.step();
    if (step % 11 == 0) std::cout << step << ' ' << loss.item<float>() << '\n';
  }
}
