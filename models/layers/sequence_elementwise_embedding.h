// Embedding tables: the rows of tokens, learned positions, and their gradients. Tables are binary32
// master weights and read as fp16, the form in which the chip stores them; positions and gradients
// are fp16 codes. Arrays may not overlap. Token ids lie below the table's rows.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"

namespace nibble {

/// Whether all ids are rows of a table.
[[nodiscard]] bool ids_are_rows(const std::int32_t* ids, std::int64_t tokens, std::int64_t rows);

/// y[t] = fp16(table[ids[t]]); table [rows, channels], y [tokens, channels].
void embedding(const float* table, const std::int32_t* ids, std::int64_t tokens,
               std::int64_t channels, Fp16Code* y);

/// dtable[ids[t]] += dy[t] in binary32, t = 0, 1, ... in order.
void embedding_backward(const Fp16Code* dy, const std::int32_t* ids, std::int64_t tokens,
                        std::int64_t channels, float* dtable);

/// y = fp16(x + fp16(table[position])); x, y [samples, positions, channels].
void position_embedding(const Fp16Code* x, const float* table, std::int64_t samples,
                        std::int64_t positions, std::int64_t channels, Fp16Code* y);

/// dtable[position] += dy[n][position] in binary32, n = 0, 1, ... in order.
void position_embedding_backward(const Fp16Code* dy, std::int64_t samples, std::int64_t positions,
                                 std::int64_t channels, float* dtable);

}  // namespace nibble
