#include "models/datasets/fashion_mnist.h"

#include <algorithm>
#include <utility>

#include "models/datasets/idx_file.h"

namespace nibble {
namespace {

constexpr const char* kPackage = "dataset-fashion-mnist";
constexpr int kClasses = 10;
// Mean and standard deviation of all training pixels / 255, tests/models/datasets measures them.
constexpr double kMean = 0.2860;
constexpr double kDeviation = 0.3530;

}  // namespace

std::array<std::string, 2> fashion_mnist_files(Split split, const std::string& folder) {
  const std::string prefix = folder + (split == Split::train ? "/train" : "/t10k");
  return {prefix + "-images-idx3-ubyte.gz", prefix + "-labels-idx1-ubyte.gz"};
}

ImageSet load_fashion_mnist(Split split, const std::string& folder) {
  const auto [images_path, labels_path] = fashion_mnist_files(split, folder);
  IdxFile images = read_idx(images_path, 3, kPackage);
  IdxFile labels = read_idx(labels_path, 1, kPackage);
  if (labels.sizes[0] != images.sizes[0]) {
    throw DatasetError(labels_path, "holds " + std::to_string(labels.sizes[0]) + " labels for " +
                                        std::to_string(images.sizes[0]) + " images");
  }
  if (*std::max_element(labels.bytes.begin(), labels.bytes.end()) >= kClasses) {
    throw DatasetError(labels_path, "a label is above 9");
  }
  ImageSet set;
  set.count = images.sizes[0];
  set.height = images.sizes[1];
  set.width = images.sizes[2];
  set.pixels = std::move(images.bytes);
  set.labels = std::move(labels.bytes);
  return set;
}

std::vector<Fp16Code> fashion_mnist_grey() { return normalised_grey(kMean, kDeviation); }

}  // namespace nibble
