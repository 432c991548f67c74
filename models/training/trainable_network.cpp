#include "models/training/trainable_network.h"

#include <algorithm>

namespace nibble {

BatchOutcome cross_entropy_backward(const torch::Tensor& logits,
                                    const std::vector<std::int64_t>& labels, double gradient_scale,
                                    std::int64_t whole_batch) {
  // torch::tensor would copy number by number.
  const torch::Tensor wanted =
      torch::empty({static_cast<std::int64_t>(labels.size())}, torch::kInt64);
  std::copy(labels.begin(), labels.end(), wanted.data_ptr<std::int64_t>());
  const torch::Tensor mean = torch::nn::functional::cross_entropy(logits, wanted);
  const double part = static_cast<double>(labels.size()) / static_cast<double>(whole_batch);
  (mean * (gradient_scale * part)).backward();
  return {mean.item<double>(), logits.argmax(1).eq(wanted).sum().item<std::int64_t>()};
}

}  // namespace nibble
