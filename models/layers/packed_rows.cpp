// Forward and dgrad of packed_pass(): the rows of A are pixels, and a row is a few runs of
// neighbouring elements of a padded image (for forward S*C of one filter row, for dgrad the K of
// one tap). Some images at a time are padded; tile after tile their rows are packed, multiplied
// with all panels of the weights, scaled and stored.
#include <algorithm>
#include <cstring>

#include "models/formats/vector_clones.h"
#include "models/layers/packed_operand.h"
#include "models/layers/packed_pass.h"
#include "models/layers/run_pass.h"

namespace nibble {
namespace {

// Padded images of this size stay in a core's first level of cache, or soon in its second one.
constexpr std::int64_t kPaddedBytes = 1 << 15;

/// One copy of a run into a tile: a run is cut where a piece or chunk ends.
struct RunPart {
  std::int32_t source = 0;  // from the row's first pixel
  std::int32_t piece = 0;   // of the tile
  int byte = 0, bytes = 0;  // of the piece
};

struct Scratch {
  PackedBuffer images, tiles, state;
  PackedPanels panels;
  std::vector<NibbleCode> weights;
  RowOffsets rows;
};
thread_local Scratch scratch;

template <int Bytes>
inline __attribute__((always_inline)) void copy_part(const std::uint8_t* source,
                                                     const std::int32_t* rows, int count,
                                                     std::uint8_t* out) {
#pragma GCC unroll 8
  for (int row = 0; row < count; ++row) {
    std::memcpy(out + row * kPieceBytes, source + rows[row], Bytes);
  }
}

/// The sizes that layers of 16 and more channels have, without a call a row.
NIBBLE_VECTOR_CLONES
void copy_run(const std::uint8_t* source, const std::int32_t* rows, int count, int bytes,
              std::uint8_t* out) {
  switch (bytes) {
    case 16:
      return copy_part<16>(source, rows, count, out);
    case 32:
      return copy_part<32>(source, rows, count, out);
    case 48:
      return copy_part<48>(source, rows, count, out);
    case 64:
      return copy_part<64>(source, rows, count, out);
    default:
      for (int row = 0; row < count; ++row) {
        std::memcpy(out + row * kPieceBytes, source + rows[row], static_cast<std::size_t>(bytes));
      }
  }
}

class RowsPass {
 public:
  RowsPass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
           const NibbleCode* streamed, const NibbleCode* weights, float scale, Fp16Code* result)
      : conv_(conv),
        pass_(pass),
        arithmetic_(arithmetic),
        kernels_(packed_kernels(arithmetic.chunk_len)),
        streamed_(streamed),
        weights_(weights),
        scale_(scale),
        result_(result) {
    images_.elements = {arithmetic.stream, element_of(arithmetic.stream, kernels_)};
    layout_ = chunk_layout(arithmetic.chunk_len, kBytesPerQuad / images_.elements.bytes());
    static_cast<PaddedShape&>(images_) =
        pass == GemmPass::forward ? padded_inputs(conv) : padded_gradients(conv);
    at_once_ = std::clamp<std::int64_t>(kPaddedBytes / images_.image_bytes(), 1, conv.n);
  }

  void run() {
    const std::vector<LoweredGemm> gemms = lower_conv(conv_, pass_);
    const auto phases =
        static_cast<std::size_t>(pass_ == GemmPass::forward ? 1 : conv_.stride * conv_.stride);
    if (gemms.size() < phases) std::fill_n(result_, result_elements(conv_, pass_), Fp16Code{0});
    padded_ = scratch.images.filled<std::uint8_t>(at_once_ * images_.image_bytes(), images_.zero());
    kernels_.begin();
    for (const LoweredGemm& gemm : gemms) run_gemm(gemm);
    kernels_.end();
  }

 private:
  /// Cuts a run where a piece or chunk ends.
  void add_run(const ElementRun& run) {
    const int bytes = images_.elements.bytes();
    std::int64_t source = run.source * bytes, k = run.k, count = run.count;
    const std::int64_t piece_codes = kPieceBytes / bytes;
    while (count > 0) {
      const std::int64_t chunk = k / layout_.chunk_len, within = k % layout_.chunk_len;
      const std::int64_t in_piece = within % piece_codes;
      const std::int64_t some =
          std::min({count, layout_.chunk_len - within, piece_codes - in_piece});
      parts_.push_back({static_cast<std::int32_t>(source),
                        static_cast<std::int32_t>(chunk * layout_.pieces + within / piece_codes),
                        static_cast<int>(in_piece) * bytes, static_cast<int>(some) * bytes});
      source += some * bytes, k += some, count -= some;
    }
  }

  void run_gemm(const LoweredGemm& gemm) {
    const RowGrid grid = row_grid(gemm, images_);
    parts_.clear();
    for (const ElementRun& run : grid.runs) add_run(run);
    scratch.weights.resize(static_cast<std::size_t>(gemm.shape.k * gemm.shape.n));
    gather_b(gemm, weights_, scratch.weights.data());
    scratch.panels.pack(gemm.shape, arithmetic_, kernels_, scratch.weights.data());
    list_rows(gemm, grid, images_, at_once_, scratch.rows);
    for (std::int32_t& source : scratch.rows.sources) source *= images_.elements.bytes();
    codes_ = gemm.shape.k;
    chunks_ = (codes_ + layout_.chunk_len - 1) / layout_.chunk_len;
    tiles_ = scratch.tiles.filled<std::uint8_t>(kTilesAtOnce * tile_bytes());  // tails: numbers
    state_ = scratch.state.at_least<float>(std::int64_t{2} * kMostRows * kernels_.vector_columns);
    const std::int64_t image_codes = images_.h * images_.w * images_.channels;
    for (std::int64_t n = 0; n < conv_.n; n += at_once_) {
      const std::int64_t images = std::min(at_once_, conv_.n - n);
      for (std::int64_t i = 0; i < images; ++i) {
        images_.fill(streamed_ + (n + i) * image_codes, padded_ + i * images_.image_bytes());
      }
      Fp16Code* result = result_ + n * (result_elements(conv_, pass_) / conv_.n);
      run_rows(images * grid.rows * grid.columns, result);
    }
  }

  struct Tile {
    std::int64_t row = 0;
    int rows = 0, valid = 0;  // those beyond the `valid` ones hold anything
    std::uint8_t* packed = nullptr;
  };

  /// Some tiles are packed before the first of them is multiplied: what was just written in parts
  /// cannot be loaded by whole lines until it has reached the cache.
  void run_rows(std::int64_t rows, Fp16Code* result) {
    Tile tiles[kTilesAtOnce];
    for (std::int64_t row = 0; row < rows;) {
      int count = 0;
      for (; count < kTilesAtOnce && row < rows; ++count) {
        Tile& tile = tiles[count];
        tile.row = row;
        tile.rows = kernels_.tile_rows(rows - row);
        tile.valid = static_cast<int>(std::min<std::int64_t>(tile.rows, rows - row));
        tile.packed = tiles_ + count * tile_bytes();
        pack(tile);
        row += tile.valid;
      }
      for (int i = 0; i < count; ++i) run_tile(tiles[i], result);
    }
  }

  void pack(const Tile& tile) const {
    const std::int32_t* sources = scratch.rows.sources.data() + tile.row;
    for (const RunPart& part : parts_) {
      copy_run(padded_ + part.source, sources, tile.valid, part.bytes,
               tile.packed + part.piece * tile.rows * kPieceBytes + part.byte);
    }
  }

  void run_tile(const Tile& tile, Fp16Code* result) {
    const std::int32_t* results = scratch.rows.results.data() + tile.row;
    const int exponent = chunk_exponent(arithmetic_.stream);
    for (const PackedPanels::Panel& panel : scratch.panels.panels()) {
      const std::int64_t width = std::int64_t{panel.vectors} * kernels_.vector_columns;
      multiply(tile, panel, width);
      store_scaled({state_, width, tile.valid, panel.columns, exponent, scale_}, results,
                   result + panel.n);
    }
  }

  void multiply(const Tile& tile, const PackedPanels::Panel& panel, std::int64_t width) {
    TileProduct product;
    product.layout = layout_;
    product.accumulator = arithmetic_.accumulator;
    product.state = state_;
    for (std::int64_t chunk = 0; chunk < chunks_; chunk += kChunksPerGroup) {
      product.chunks = static_cast<int>(std::min<std::int64_t>(kChunksPerGroup, chunks_ - chunk));
      const std::int64_t last_codes = std::min<std::int64_t>(
          layout_.chunk_len, codes_ - (chunk + product.chunks - 1) * layout_.chunk_len);
      product.quads_in_last_chunk =
          static_cast<int>((last_codes + layout_.codes_per_quad - 1) / layout_.codes_per_quad);
      product.a = tile.packed + chunk * layout_.pieces * tile.rows * kPieceBytes;
      product.b = panel.quads + chunk * layout_.quads * width;
      product.start = panel.start + chunk * width;
      product.first = chunk == 0;
      kernels_.multiply(product, tile.rows, panel.vectors,
                        images_.elements.element() == PackedElement::byte);
    }
  }

  [[nodiscard]] std::int64_t tile_bytes() const {
    return kMostRows * chunks_ * layout_.pieces * kPieceBytes;
  }

  static constexpr int kMostRows = 16;
  static constexpr int kTilesAtOnce = 2;

  ConvShape conv_;
  GemmPass pass_;
  GemmArithmetic arithmetic_;
  PackedKernels kernels_;
  const NibbleCode* streamed_;
  const NibbleCode* weights_;
  float scale_;
  Fp16Code* result_;
  PaddedImages images_;
  ChunkLayout layout_;
  std::int64_t at_once_ = 0;  // images that are padded together
  std::uint8_t* padded_ = nullptr;
  // Of the current GEMM:
  std::vector<RunPart> parts_;
  std::int64_t codes_ = 0, chunks_ = 0;
  std::uint8_t* tiles_ = nullptr;
  float* state_ = nullptr;
};

}  // namespace

void packed_rows(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                 const NibbleCode* streamed, const NibbleCode* weights, float scale,
                 Fp16Code* result) {
  RowsPass(conv, pass, arithmetic, streamed, weights, scale, result).run();
}

}  // namespace nibble
