#include "models/training/sample_set.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "models/trace/safetensors.h"

namespace nibble {
namespace {

template <typename Value>
std::int64_t one_above(const std::vector<Value>& values) {
  return values.empty() ? 0 : std::int64_t{*std::max_element(values.begin(), values.end())} + 1;
}

template <typename Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

}  // namespace

ImageSamples::ImageSamples(std::shared_ptr<const ImageSet> set, std::vector<Fp16Code> grey,
                           const Augmentation& how, std::int64_t first, std::int64_t count)
    : set_(std::move(set)), grey_(std::move(grey)), how_(how), first_(first), count_(count) {
  if (first < 0 || count < 0 || first + count > set_->count) {
    throw std::invalid_argument("images " + std::to_string(first) + " to " +
                                std::to_string(first + count) + " of " +
                                std::to_string(set_->count));
  }
}

ImageSamples::ImageSamples(ImageSet set, std::vector<Fp16Code> grey, const Augmentation& how)
    : set_(std::make_shared<const ImageSet>(std::move(set))),
      grey_(std::move(grey)),
      how_(how),
      first_(0),
      count_(set_->count) {}

SampleForm ImageSamples::form() const {
  return {{set_->height, set_->width, 1}, false, 1, one_above(set_->labels)};
}

std::string ImageSamples::checksum() const {
  return crc32_text(crc32_text(bytes_of(set_->pixels)) + crc32_text(bytes_of(set_->labels)) +
                    crc32_text(bytes_of(grey_)));
}

void ImageSamples::append(std::int64_t index, Batch& batch) const { append_at(index, {}, batch); }

void ImageSamples::append_varied(std::int64_t index, std::int64_t /*epoch*/, RandomSource& random,
                                 Batch& batch) const {
  Place place;
  place.mirrored = how_.flip && random.coin();
  if (how_.crop_padding > 0) {
    const auto places = static_cast<std::uint64_t>(2 * how_.crop_padding + 1);
    place.down = static_cast<std::int64_t>(random.below(places)) - how_.crop_padding;
    place.right = static_cast<std::int64_t>(random.below(places)) - how_.crop_padding;
  }
  append_at(index, place, batch);
}

/// Beyond the image's edges is its background, grey level 0.
void ImageSamples::append_at(std::int64_t index, const Place& place, Batch& batch) const {
  const std::uint8_t* pixels = set_->pixels.data() + (first_ + index) * set_->pixels_per_image();
  for (std::int64_t h = 0; h < set_->height; ++h) {
    for (std::int64_t w = 0; w < set_->width; ++w) {
      const std::int64_t row = h + place.down;
      const std::int64_t column = (place.mirrored ? set_->width - 1 - w : w) + place.right;
      const bool inside = row >= 0 && row < set_->height && column >= 0 && column < set_->width;
      batch.images.push_back(grey_[inside ? pixels[row * set_->width + column] : 0]);
    }
  }
  batch.labels.push_back(set_->labels[static_cast<std::size_t>(first_ + index)]);
  ++batch.samples;
}

SampleForm TextSamples::form() const {
  const std::int64_t window = windows_.window();
  return {{window, 1, 1}, true, window, one_above(windows_.tokens())};
}

std::string TextSamples::checksum() const { return crc32_text(bytes_of(windows_.tokens())); }

void TextSamples::append(std::int64_t index, Batch& batch) const { append_at(index, 0, batch); }

void TextSamples::append_varied(std::int64_t index, std::int64_t epoch, RandomSource& /*random*/,
                                Batch& batch) const {
  append_at(index, window_offset(seed_, epoch, windows_.window()), batch);
}

void TextSamples::append_at(std::int64_t index, std::int64_t offset, Batch& batch) const {
  windows_.append(index, offset, batch.tokens, batch.labels);
  ++batch.samples;
}

Batch plain_batch(const SampleSet& set, std::int64_t first, std::int64_t count) {
  Batch batch;
  for (std::int64_t i = first; i < first + count; ++i) set.append(i, batch);
  return batch;
}

}  // namespace nibble
