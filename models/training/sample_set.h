// What a network learns from or is judged by, one sample a number: images with a label each, or
// windows of a text. Batches puts them in order for a training; an evaluation reads them in theirs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/datasets/image_set.h"
#include "models/datasets/text_windows.h"
#include "models/layers/network.h"
#include "models/training/batch.h"
#include "models/training/random_source.h"

namespace nibble {

/// What a network must read and answer to learn from a set.
struct SampleForm {
  FeatureShape input;
  bool is_text = false;      // token ids, not values
  std::int64_t labels = 1;   // of one sample
  std::int64_t classes = 0;  // labels are below it; ids of tokens too
};

class SampleSet {
 public:
  virtual ~SampleSet() = default;
  [[nodiscard]] virtual std::int64_t count() const = 0;
  [[nodiscard]] virtual SampleForm form() const = 0;
  /// CRC-32 of all that it was made of: data that differ would train otherwise.
  [[nodiscard]] virtual std::string checksum() const = 0;
  /// What an error calls them: "images", "sequences".
  [[nodiscard]] virtual const char* unit() const = 0;
  /// Appends a sample as it is; 0 <= index < count().
  virtual void append(std::int64_t index, Batch& batch) const = 0;
  /// Appends it as a training sees it in that epoch: augmented by `random`, or cut elsewhere.
  virtual void append_varied(std::int64_t index, std::int64_t epoch, RandomSource& random,
                             Batch& batch) const = 0;
};

/// How images vary: left to right with probability 1/2, and shifted by up to `crop_padding` pixels
/// each way (a random crop of the image with that many background pixels around it).
struct Augmentation {
  bool flip = false;
  std::int64_t crop_padding = 0;
};

class ImageSamples : public SampleSet {
 public:
  /// Images [first, first + count) of `set`; `grey` is the network's input of each grey level.
  /// Throws std::invalid_argument if the set has fewer.
  ImageSamples(std::shared_ptr<const ImageSet> set, std::vector<Fp16Code> grey,
               const Augmentation& how, std::int64_t first, std::int64_t count);
  /// All of them.
  ImageSamples(ImageSet set, std::vector<Fp16Code> grey, const Augmentation& how = {});

  [[nodiscard]] std::int64_t count() const override { return count_; }
  [[nodiscard]] SampleForm form() const override;
  [[nodiscard]] std::string checksum() const override;
  [[nodiscard]] const char* unit() const override { return "images"; }
  void append(std::int64_t index, Batch& batch) const override;
  void append_varied(std::int64_t index, std::int64_t epoch, RandomSource& random,
                     Batch& batch) const override;

 private:
  struct Place {
    bool mirrored = false;
    std::int64_t down = 0, right = 0;  // by how much the cut-out is shifted
  };
  void append_at(std::int64_t index, const Place& place, Batch& batch) const;

  std::shared_ptr<const ImageSet> set_;
  std::vector<Fp16Code> grey_;
  Augmentation how_;
  std::int64_t first_, count_;
};

/// Windows of a text: token ids, and for each the one after it. Each epoch cuts the text at other
/// places (window_offset).
class TextSamples : public SampleSet {
 public:
  TextSamples(TextWindows windows, std::uint64_t seed)
      : windows_(std::move(windows)), seed_(seed) {}

  [[nodiscard]] std::int64_t count() const override { return windows_.count(); }
  [[nodiscard]] SampleForm form() const override;
  [[nodiscard]] std::string checksum() const override;
  [[nodiscard]] const char* unit() const override { return "sequences"; }
  void append(std::int64_t index, Batch& batch) const override;
  void append_varied(std::int64_t index, std::int64_t epoch, RandomSource& random,
                     Batch& batch) const override;

 private:
  void append_at(std::int64_t index, std::int64_t offset, Batch& batch) const;

  TextWindows windows_;
  std::uint64_t seed_;
};

/// Samples [first, first + count) as they are.
[[nodiscard]] Batch plain_batch(const SampleSet& set, std::int64_t first, std::int64_t count);

}  // namespace nibble
