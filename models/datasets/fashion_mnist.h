// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 + 10,000 grey images of 28x28, ten kinds of
// clothing, in the gzipped IDX files that the Debian package dataset-fashion-mnist installs.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/datasets/image_set.h"

namespace nibble {

inline constexpr const char* kFashionMnistFolder = "/usr/share/datasets/fashion-mnist";

/// what() is one line, "FILE: what is wrong"; a missing file's line names the Debian package.
class DatasetError : public std::runtime_error {
 public:
  DatasetError(const std::string& file, const std::string& fault)
      : std::runtime_error(file + ": " + fault) {}
};

/// Images, then labels.
[[nodiscard]] std::array<std::string, 2> fashion_mnist_files(Split split,
                                                             const std::string& folder);

/// Throws DatasetError for a missing, truncated or altered file (gzip's own CRC-32 is checked).
[[nodiscard]] ImageSet load_fashion_mnist(Split split,
                                          const std::string& folder = kFashionMnistFolder);

/// The input codes of the grey values, with the mean and deviation of the training pixels.
[[nodiscard]] std::vector<Fp16Code> fashion_mnist_grey();

}  // namespace nibble
