#include "models/datasets/fashion_mnist.h"

#include <cmath>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <zlib.h>

#include "tests/models/temporary_folder.h"

namespace nibble {
namespace {

using test::TemporaryFolder;

constexpr const char* kImages = "t10k-images-idx3-ubyte.gz";
constexpr const char* kLabels = "t10k-labels-idx1-ubyte.gz";

void write_gzip(const std::string& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) ==
          static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

std::string idx(const std::vector<int>& sizes, const std::string& data) {
  std::string bytes = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const int size : sizes) {
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(size >> shift));
  }
  return bytes + data;
}

std::string message_of(const TemporaryFolder& folder) {
  try {
    (void)load_fashion_mnist(Split::test, folder.path());
  } catch (const DatasetError& error) {
    return std::string(error.what()).substr(folder.path().size() + 1);
  }
  return "accepted";
}

TEST_CASE("The Debian package's files hold 60,000 and 10,000 images, every class equally often") {
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet set = load_fashion_mnist(split);
    CHECK(set.count == (split == Split::train ? 60000 : 10000));
    CHECK(set.height == 28);
    CHECK(set.width == 28);
    std::vector<std::int64_t> of_class(10);
    for (const std::uint8_t label : set.labels) ++of_class[label];
    for (const std::int64_t count : of_class) CHECK(count == set.count / 10);
  }
}

TEST_CASE("The input's mean and deviation are those of the training pixels") {
  const ImageSet set = load_fashion_mnist(Split::train);
  const std::vector<Fp16Code> grey = fashion_mnist_grey();
  REQUIRE(grey.size() == 256);
  double sum = 0, squares = 0;
  for (const std::uint8_t pixel : set.pixels) {
    const double value = fp16_to_float(grey[pixel]);
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(set.pixels.size());
  CHECK(std::abs(sum / count) < 0.001);
  CHECK(std::abs(std::sqrt(squares / count) - 1) < 0.001);
}

TEST_CASE("Images are handed out as fp16 codes, in order") {
  ImageSet set;
  set.count = 3;
  set.height = 1;
  set.width = 2;
  set.pixels = {0, 255, 10, 20, 30, 40};
  const std::vector<Fp16Code> grey = normalised_grey(0, 1.0 / 255);
  const std::vector<Fp16Code> images = fp16_images(set, 1, 2, grey);
  CHECK(images == std::vector<Fp16Code>{fp16_from_float(10), fp16_from_float(20),
                                        fp16_from_float(30), fp16_from_float(40)});
}

TEST_CASE("A missing file names the Debian package") {
  const TemporaryFolder folder;
  CHECK(message_of(folder) ==
        std::string(kImages) + ": missing: install the Debian package dataset-fashion-mnist");
}

TEST_CASE("Truncated, altered and ill-formed files are refused with one line") {
  const TemporaryFolder folder;
  const std::string images = folder.file(kImages);
  const std::string name = kImages;
  write_gzip(folder.file(kLabels), idx({2}, "\x01\x02"));
  write_gzip(images, idx({2, 2, 2}, "abcdefgh"));
  REQUIRE(message_of(folder) == "accepted");

  std::ifstream stream(images, std::ios::binary);
  const std::string sound((std::istreambuf_iterator<char>(stream)),
                          std::istreambuf_iterator<char>());
  const auto store = [&](const std::string& bytes) {
    std::ofstream(images, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  for (std::size_t length = 0; length < sound.size(); ++length) {
    store(sound.substr(0, length));
    const std::string message = message_of(folder);
    INFO("cut to " << length << ": " << message);
    CHECK(message.rfind(name + ": ", 0) == 0);
  }
  std::string altered = sound;
  altered[sound.size() - 6] = static_cast<char>(altered[sound.size() - 6] ^ 1);  // gzip's CRC-32
  store(altered);
  CHECK(message_of(folder).rfind(name + ": altered or no gzip file", 0) == 0);

  write_gzip(images, idx({2, 2, 2}, "abcdefgh!"));
  CHECK(message_of(folder) == name + ": longer than its header says");
  write_gzip(images, idx({2, 2, 2}, "abcdefg"));
  CHECK(message_of(folder) == name + ": truncated");
  write_gzip(images, idx({2, 4}, "abcdefgh"));
  CHECK(message_of(folder) == name + ": no IDX file of bytes with 3 dimensions");
  write_gzip(images, idx({2, 0, 4}, ""));
  CHECK(message_of(folder) == name + ": its sizes are zero or larger than any such dataset");
  write_gzip(images, idx({3, 1, 1}, "abc"));
  CHECK(message_of(folder) == std::string(kLabels) + ": holds 2 labels for 3 images");
  write_gzip(images, idx({2, 1, 1}, "ab"));
  write_gzip(folder.file(kLabels), idx({2}, "\x01\x0B"));
  CHECK(message_of(folder) == std::string(kLabels) + ": a label is above 9");
}

}  // namespace
}  // namespace nibble
