// Weight gradients of packed_pass(): rows are filters, columns R*S*C inputs of a pixel, and k runs
// over the pixels of the batch. Some chunks of pixels at a time, dY is transposed into tiles and
// the inputs of each pair of pixels into panels; accumulators wait in memory. Groups of fp16x2 are
// added here, so that a group may come in parts.
#include <algorithm>
#include <cstring>

#include "models/layers/packed_operand.h"
#include "models/layers/packed_pass.h"
#include "models/layers/packed_transpose.h"

namespace nibble {
namespace {

// Panels of this size stay in the second-level cache while the tiles pass by.
constexpr std::int64_t kPanelBytes = 1 << 18;

struct Scratch {
  PackedBuffer images, tiles, panels, starts, group, total, zeros, gradients;
};
thread_local Scratch scratch;

class ColumnsPass {
 public:
  ColumnsPass(const ConvShape& conv, const GemmArithmetic& arithmetic, const NibbleCode* dy,
              const NibbleCode* x)
      : conv_(conv),
        arithmetic_(arithmetic),
        kernels_(packed_kernels(arithmetic.chunk_len)),
        dy_(dy),
        x_(x),
        layout_(chunk_layout(arithmetic.chunk_len, 2)),
        pixels_(conv.n * conv.p() * conv.q()),
        chunks_((pixels_ + arithmetic.chunk_len - 1) / arithmetic.chunk_len),
        filters_((conv.k + kBlock - 1) / kBlock * kBlock),
        patch_(conv.r * conv.s * conv.c),
        columns_((patch_ + kernels_.vector_columns - 1) / kernels_.vector_columns *
                 kernels_.vector_columns) {
    static_cast<PaddedShape&>(images_) = padded_inputs(conv);
    images_.elements = {arithmetic.stationary, kernels_.pair};
    at_once_ = kPanelBytes / (columns_ * layout_.quads * kBytesPerQuad);
    at_once_ =
        std::clamp<std::int64_t>(at_once_, 1, std::min<std::int64_t>(chunks_, kChunksPerGroup));
    while (kChunksPerGroup % at_once_ != 0) --at_once_;  // groups end where a part ends
    slots_ = std::min(conv.n, (at_once_ * layout_.chunk_len - 1) / (conv.p() * conv.q()) + 2);
  }

  void run(float scale, Fp16Code* dweights) {
    prepare();
    kernels_.begin();
    for (std::int64_t chunk = 0; chunk < chunks_; chunk += at_once_) {
      part_chunks_ = std::min(at_once_, chunks_ - chunk);
      first_pixel_ = chunk * layout_.chunk_len;
      part_pixels_ = std::min(part_chunks_ * layout_.chunk_len, pixels_ - first_pixel_);
      find_patches();
      pack_inputs();
      pack_gradients();
      multiply();
      const bool group_ends = (chunk + part_chunks_) % kChunksPerGroup == 0;
      if (grouped() && (group_ends || chunk + part_chunks_ == chunks_)) {
        add_group(group_, states(), total_);
      }
    }
    kernels_.end();
    store(scale, dweights);
  }

 private:
  static constexpr std::int64_t kBlock = 16;  // filters that are transposed together

  struct Tile {
    std::int64_t first = 0;
    int rows = 0;
  };

  [[nodiscard]] bool grouped() const { return arithmetic_.accumulator == AccumulatorType::fp16x2; }
  [[nodiscard]] std::int64_t states() const {
    return (tiles_.back().first + tiles_.back().rows) * columns_;
  }
  [[nodiscard]] std::int64_t row_bytes() const {
    return part_chunks_ * layout_.pieces * kPieceBytes;
  }

  void prepare() {
    for (std::int64_t first = 0; first < conv_.k;) {
      const int rows = kernels_.tile_rows(conv_.k - first);
      tiles_.push_back({first, rows});
      first += rows;
    }
    const std::int64_t most_rows = tiles_.back().first + tiles_.back().rows;
    const std::int64_t most_pixels = at_once_ * layout_.chunk_len;
    padded_ = scratch.images.filled<std::uint8_t>(slots_ * images_.image_bytes());
    packed_tiles_ = scratch.tiles.at_least<std::uint8_t>(std::max(most_rows, filters_) * at_once_ *
                                                         layout_.pieces * kPieceBytes);
    panels_ = scratch.panels.filled<std::uint32_t>(columns_ * at_once_ * layout_.quads);
    starts_ = scratch.starts.filled<std::int32_t>(columns_ * at_once_);
    group_ = scratch.group.filled<float>(states());
    total_ = scratch.total.filled<float>(states());
    // Zeros beside the last pixel of an odd chunk and behind the last one.
    zeros_ = scratch.zeros.filled<std::uint16_t>(images_.image_bytes() / 2);
    gradients_ = scratch.gradients.filled<std::uint16_t>((most_pixels + 1) * filters_);
    zero_row_ = most_pixels;
    patches_.assign(static_cast<std::size_t>(most_pixels + 1), zeros_);
  }

  /// The image's padded copy, made when it is first asked for; images come in order.
  const std::uint16_t* image(std::int64_t n) {
    std::uint8_t* padded = padded_ + n % slots_ * images_.image_bytes();
    if (n >= padded_images_) {
      images_.fill(x_ + n * conv_.h * conv_.w * conv_.c, padded);
      padded_images_ = n + 1;
    }
    return reinterpret_cast<const std::uint16_t*>(padded);
  }

  /// Where the inputs of each of this part's pixels begin.
  void find_patches() {
    const std::int64_t q_size = conv_.q(), image_pixels = conv_.p() * q_size;
    const std::int64_t row = images_.row_bytes() / 2;
    for (std::int64_t i = 0; i < part_pixels_;) {
      const std::int64_t pixel = first_pixel_ + i;
      const std::int64_t p = pixel % image_pixels / q_size, q_first = pixel % q_size;
      const std::int64_t q_end = std::min(q_size, q_first + part_pixels_ - i);
      const std::uint16_t* source = image(pixel / image_pixels) + p * conv_.stride * row;
      for (std::int64_t q = q_first; q < q_end; ++q, ++i) {
        patches_[static_cast<std::size_t>(i)] = source + q * conv_.stride * conv_.c;
      }
    }
  }

  /// The pixel's row in this part, or the row of zeros.
  [[nodiscard]] std::int64_t row_of(std::int64_t chunk, std::int64_t within) const {
    const std::int64_t pixel = chunk * layout_.chunk_len + within;
    return within < layout_.chunk_len && pixel < part_pixels_ ? pixel : zero_row_;
  }

  /// The runs of a patch, cut where a vector of columns ends, and where they go in the panels.
  void list_runs() {
    const std::int64_t vector = kernels_.vector_columns, run = conv_.s * conv_.c;
    runs_.clear();
    for (std::int64_t n = 0; n < patch_;) {
      const std::int64_t in_run = n % run, panel = n / (2 * vector) * (2 * vector);
      const std::int64_t some = std::min(run - in_run, vector - n % vector);
      runs_.push_back({n / run * images_.row_bytes() / 2 + in_run,
                       panel * part_chunks_ * layout_.quads + n - panel,
                       std::min(2 * vector, columns_ - panel), some});
      n += some;
    }
  }

  void pack_inputs() {
    list_runs();
    for (std::int64_t chunk = 0; chunk < part_chunks_; ++chunk) {
      for (std::int64_t quad = 0; quad < layout_.quads; ++quad) {
        const auto a = static_cast<std::size_t>(row_of(chunk, 2 * quad));
        const auto b = static_cast<std::size_t>(row_of(chunk, 2 * quad + 1));
        const std::int64_t place = chunk * layout_.quads + quad;
        interleave_patches(a == zero() ? zeros_ : patches_[a], b == zero() ? zeros_ : patches_[b],
                           runs_, place, panels_);
      }
    }
  }
  [[nodiscard]] std::size_t zero() const { return static_cast<std::size_t>(zero_row_); }

  void pack_gradients() {
    const NibbleCode* codes = dy_ + first_pixel_ * conv_.k;
    const CodeElements elements(arithmetic_.stream, kernels_.pair);
    const std::int64_t rows = filters_ == conv_.k ? 1 : part_pixels_;
    const std::int64_t row_codes = part_pixels_ * conv_.k / rows;
    for (std::int64_t row = 0; row < rows; ++row) {
      elements.encode(codes + row * row_codes, row_codes,
                      reinterpret_cast<std::uint8_t*>(gradients_ + row * filters_));
    }
    for (std::int64_t chunk = 0; chunk < part_chunks_; ++chunk) {
      for (std::int64_t piece = 0; piece < layout_.pieces; ++piece) pack_piece(chunk, piece);
    }
  }

  /// Sixteen pairs of pixels of all filters.
  void pack_piece(std::int64_t chunk, std::int64_t piece) {
    const std::uint16_t* pixels[2 * kQuadsPerPiece];
    for (std::int64_t i = 0; i < 2 * kQuadsPerPiece; ++i) {
      pixels[i] = gradients_ + row_of(chunk, piece * 2 * kQuadsPerPiece + i) * filters_;
    }
    for (std::int64_t first = 0; first < filters_; first += kBlock) {
      const Tile& tile = tile_of(first);
      if (first + kBlock <= tile.first + tile.rows) {  // a tile's lines are neighbours
        transpose_pairs(pixels, first, line_of(tile, first, chunk, piece));
        continue;
      }
      alignas(64) std::uint32_t lines[kBlock * kQuadsPerPiece];
      transpose_pairs(pixels, first, lines);
      for (std::int64_t i = 0; i < kBlock && first + i < conv_.k; ++i) {
        std::memcpy(line_of(tile_of(first + i), first + i, chunk, piece),
                    lines + i * kQuadsPerPiece, kPieceBytes);
      }
    }
  }

  [[nodiscard]] const Tile& tile_of(std::int64_t filter) const {
    return *std::find_if(tiles_.begin(), tiles_.end(), [&](const Tile& candidate) {
      return filter < candidate.first + candidate.rows;
    });
  }

  /// Where a filter's sixteen pairs stand in its tile.
  [[nodiscard]] std::uint32_t* line_of(const Tile& tile, std::int64_t filter, std::int64_t chunk,
                                       std::int64_t piece) const {
    const std::int64_t line = (chunk * layout_.pieces + piece) * tile.rows + filter - tile.first;
    return reinterpret_cast<std::uint32_t*>(packed_tiles_ + tile.first * row_bytes() +
                                            line * kPieceBytes);
  }

  void multiply() {
    TileProduct product;
    product.layout = layout_;
    product.accumulator = AccumulatorType::fp16;  // a part of a group goes on where it was left
    product.chunks = static_cast<int>(part_chunks_);
    const std::int64_t last_codes = part_pixels_ - (part_chunks_ - 1) * layout_.chunk_len;
    product.quads_in_last_chunk = static_cast<int>((last_codes + 1) / 2);
    product.start = starts_;
    const std::int64_t panel_columns = std::int64_t{2} * kernels_.vector_columns;
    for (std::int64_t n = 0; n < columns_; n += panel_columns) {
      const std::int64_t width = std::min(panel_columns, columns_ - n);
      product.b = reinterpret_cast<const std::int32_t*>(panels_ + n * part_chunks_ * layout_.quads);
      for (const Tile& tile : tiles_) {
        product.a = packed_tiles_ + tile.first * row_bytes();
        product.state = (grouped() ? group_ : total_) + tile.first * columns_ + n * tile.rows;
        kernels_.multiply(product, tile.rows, static_cast<int>(width / kernels_.vector_columns),
                          false);
      }
    }
  }

  void store(float scale, Fp16Code* dweights) const {
    const int exponent = chunk_exponent(arithmetic_.stream);
    const std::int64_t panel_columns = std::int64_t{2} * kernels_.vector_columns;
    std::vector<std::int32_t> offsets(static_cast<std::size_t>(tiles_.front().rows));
    for (std::size_t row = 1; row < offsets.size(); ++row) {
      offsets[row] = offsets[row - 1] + static_cast<std::int32_t>(patch_);
    }
    for (const Tile& tile : tiles_) {
      const int rows = static_cast<int>(std::min<std::int64_t>(tile.rows, conv_.k - tile.first));
      for (std::int64_t n = 0; n < columns_; n += panel_columns) {
        const std::int64_t width = std::min(panel_columns, columns_ - n);
        const float* state = total_ + tile.first * columns_ + n * tile.rows;
        store_scaled(
            {state, width, rows, static_cast<int>(std::min(width, patch_ - n)), exponent, scale},
            offsets.data(), dweights + tile.first * patch_ + n);
      }
    }
  }

  ConvShape conv_;
  GemmArithmetic arithmetic_;
  PackedKernels kernels_;
  const NibbleCode* dy_;
  const NibbleCode* x_;
  ChunkLayout layout_;
  PaddedImages images_;
  std::int64_t pixels_, chunks_;
  std::int64_t filters_;          // K in whole blocks
  std::int64_t patch_, columns_;  // R*S*C, and in whole vectors
  std::int64_t at_once_ = 0;      // chunks of a part
  std::int64_t slots_ = 0;        // padded images that are kept
  std::vector<Tile> tiles_;
  std::uint8_t* padded_ = nullptr;
  std::uint8_t* packed_tiles_ = nullptr;
  std::uint32_t* panels_ = nullptr;
  std::int32_t* starts_ = nullptr;
  float* group_ = nullptr;
  float* total_ = nullptr;
  std::uint16_t* zeros_ = nullptr;  // an image of them
  std::vector<const std::uint16_t*> patches_;
  std::vector<PatchRun> runs_;
  std::uint16_t* gradients_ = nullptr;
  std::int64_t zero_row_ = 0;
  std::int64_t padded_images_ = 0;
  // Of the current part:
  std::int64_t part_chunks_ = 0, first_pixel_ = 0, part_pixels_ = 0;
};

}  // namespace

void packed_columns(const ConvShape& conv, const GemmArithmetic& arithmetic, const NibbleCode* dy,
                    const NibbleCode* x, float scale, Fp16Code* dweights) {
  ColumnsPass(conv, arithmetic, dy, x).run(scale, dweights);
}

}  // namespace nibble
