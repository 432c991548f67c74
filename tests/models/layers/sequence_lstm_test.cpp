#include <catch2/catch.hpp>

#include "models/layers/sequence_elementwise_lstm.h"
#include "models/layers/sfu_functions.h"
#include "tests/models/layers/sequence_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 53;
constexpr std::int64_t kBatch = 3, kHidden = 21;

/// One step's arrays, [batch, ...], filled at random where they are read.
struct Step {
  explicit Step(std::mt19937_64& random)
      : from_input(random_codes(random, 4 * kUnits, 0, 1)),
        from_hidden(random_codes(random, 4 * kUnits, 0, 1)),
        bias(random_floats(random, 4 * kHidden, 0, 0.5)),
        c_before(random_codes(random, kUnits, 0, 1)),
        dh_above(random_codes(random, kUnits, 0, 1)),
        dh_next(random_codes(random, kUnits, 0, 1)),
        dc_next(random_codes(random, kUnits, 0, 1)) {}

  void run(const LstmShape& shape = {kBatch, kHidden, 1}) {
    lstm_cell({from_input.data(), from_hidden.data(), bias.data(), c_before.data(), gates.data(),
               c.data(), h.data()},
              shape);
    lstm_cell_backward({gates.data(), c_before.data(), c.data(), dh_above.data(), dh_next.data(),
                        dc_next.data(), da.data(), dc_before.data()},
                       shape);
  }

  static constexpr std::int64_t kUnits = kBatch * kHidden;
  Codes from_input, from_hidden;
  std::vector<float> bias;
  Codes c_before, dh_above, dh_next, dc_next;
  Codes gates = Codes(4 * kUnits), c = Codes(kUnits), h = Codes(kUnits);
  Codes da = Codes(4 * kUnits), dc_before = Codes(kUnits);
};

double value(const Codes& codes, std::size_t i) { return fp16_to_float(codes[i]); }

TEST_CASE("An LSTM cell has the bits of its definition, whatever the instruction set") {
  std::mt19937_64 random(kSeed);
  Step step(random);
  step.run();
  INFO("seed " << kSeed);
  for (std::size_t n = 0; n < kBatch; ++n) {
    for (std::size_t u = 0; u < kHidden; ++u) {
      float gate[4];
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t at = (n * 4 + k) * kHidden + u;
        const float a = fp16_to_float(step.from_input[at]) + fp16_to_float(step.from_hidden[at]) +
                        step.bias[k * kHidden + u];
        const Fp16Code code = fp16_from_float(k == 2 ? sfu_tanh(a) : sfu_sigmoid(a));
        CHECK(step.gates[at] == code);
        gate[k] = fp16_to_float(code);
      }
      const std::size_t unit = n * kHidden + u;
      const Fp16Code c =
          fp16_from_float(gate[1] * fp16_to_float(step.c_before[unit]) + gate[0] * gate[2]);
      CHECK(step.c[unit] == c);
      CHECK(step.h[unit] == fp16_from_float(gate[3] * sfu_tanh(fp16_to_float(c))));
    }
  }
}

TEST_CASE("An LSTM cell's gradients agree with the formulas in binary64") {
  std::mt19937_64 random(kSeed);
  Step step(random);
  step.run();
  Values da(step.da.size()), dc_before(step.dc_before.size());
  for (std::size_t n = 0; n < kBatch; ++n) {
    for (std::size_t u = 0; u < kHidden; ++u) {
      const std::size_t unit = n * kHidden + u;
      const auto at = [&](std::size_t k) { return (n * 4 + k) * kHidden + u; };
      const double i = value(step.gates, at(0)), f = value(step.gates, at(1));
      const double g = value(step.gates, at(2)), o = value(step.gates, at(3));
      const double t = std::tanh(value(step.c, unit));
      const double dh =
          fp16_to_float(fp16_from_double(value(step.dh_above, unit) + value(step.dh_next, unit)));
      const double dc = value(step.dc_next, unit) + dh * o * (1 - t * t);
      da[at(0)] = dc * g * i * (1 - i);
      da[at(1)] = dc * value(step.c_before, unit) * f * (1 - f);
      da[at(2)] = dc * i * (1 - g * g);
      da[at(3)] = dh * t * o * (1 - o);
      dc_before[unit] = dc * f;
    }
  }
  INFO("seed " << kSeed);
  CHECK(worst_error(step.da, da, 1e-6) <= 1);
  CHECK(worst_error(step.dc_before, dc_before, 1e-6) <= 1);
}

// Two steps of an LSTM whose recurrent weights are diagonal: gate k of the second step receives
// kRecurrent[k] * h of the first. Powers of two, so that fp16 products are exact.
constexpr double kRecurrent[4] = {0.5, -1, 0.25, 2};

/// h of both steps from [step][gate] preactivations of one unit and the first cell state (last).
Values exact_two_steps(const Values& all) {
  const auto sigmoid = [](double a) { return 1 / (1 + std::exp(-a)); };
  double c = all[8], h = 0;
  Values outputs;
  for (std::size_t step = 0; step < 2; ++step) {
    double a[4];
    for (std::size_t k = 0; k < 4; ++k) a[k] = all[step * 4 + k] + kRecurrent[k] * h;
    c = sigmoid(a[1]) * c + sigmoid(a[0]) * std::tanh(a[2]);
    h = sigmoid(a[3]) * std::tanh(c);
    outputs.push_back(h);
  }
  return outputs;
}

TEST_CASE("Gradients pass through time as differences of two steps in binary64 say") {
  std::mt19937_64 random(kSeed);
  const Codes zeros(4);
  const std::vector<float> no_bias(4);
  const LstmShape one = {1, 1, 1};
  Values got, wanted;
  for (int repeat = 0; repeat < 50; ++repeat) {
    const Codes x = random_codes(random, 8, 0, 1), c0 = random_codes(random, 1, 0, 1);
    const Codes dh = random_codes(random, 2, 0, 1);
    Codes gates(8), c(2), h(2), from_hidden(4), da(8), dh_first(1), dc(2);
    lstm_cell({x.data(), zeros.data(), no_bias.data(), c0.data(), gates.data(), c.data(), h.data()},
              one);
    for (std::size_t k = 0; k < 4; ++k) {
      from_hidden[k] = fp16_from_double(kRecurrent[k] * fp16_to_float(h[0]));
    }
    lstm_cell({x.data() + 4, from_hidden.data(), no_bias.data(), c.data(), gates.data() + 4,
               c.data() + 1, h.data() + 1},
              one);
    lstm_cell_backward({gates.data() + 4, c.data(), c.data() + 1, dh.data() + 1, zeros.data(),
                        zeros.data(), da.data() + 4, dc.data() + 1},
                       one);
    double to_first = 0;
    for (std::size_t k = 0; k < 4; ++k) to_first += kRecurrent[k] * fp16_to_float(da[4 + k]);
    dh_first[0] = fp16_from_double(to_first);
    lstm_cell_backward({gates.data(), c0.data(), c.data(), dh.data(), dh_first.data(),
                        dc.data() + 1, da.data(), dc.data()},
                       one);
    Values all = values_of(x);
    all.push_back(fp16_to_float(c0[0]));
    for (const double slope : gradient_by_differences(exact_two_steps, all, values_of(dh))) {
      wanted.push_back(slope);
    }
    for (const Fp16Code code : da) got.push_back(fp16_to_float(code));
    got.push_back(fp16_to_float(dc[0]));
  }
  INFO("seed " << kSeed);
  // Several roundings to fp16 lie on the way.
  CHECK(worst_error(got, wanted, 4e-3) <= 1);
}

TEST_CASE("Rows of a sequence may be a stride apart") {
  std::mt19937_64 random(kSeed);
  Step dense(random);
  dense.run();
  Step strided = dense;  // its step is the second of three
  const std::size_t row_4 = 4 * kHidden;
  const auto spread = [](const Codes& rows, std::size_t size) {
    Codes all(rows.size() * 3, 0x1111);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      all[(i / size * 3 + 1) * size + i % size] = rows[i];
    }
    return all;
  };
  Codes from_input = spread(dense.from_input, row_4);
  Codes dh_above = spread(dense.dh_above, kHidden);
  Codes h(dense.h.size() * 3, 0x1111), da(dense.da.size() * 3, 0x1111);
  const LstmShape shape = {kBatch, kHidden, 3};
  lstm_cell({from_input.data() + row_4, strided.from_hidden.data(), strided.bias.data(),
             strided.c_before.data(), strided.gates.data(), strided.c.data(), h.data() + kHidden},
            shape);
  lstm_cell_backward(
      {strided.gates.data(), strided.c_before.data(), strided.c.data(), dh_above.data() + kHidden,
       strided.dh_next.data(), strided.dc_next.data(), da.data() + row_4, strided.dc_before.data()},
      shape);
  CHECK(strided.gates == dense.gates);
  CHECK(strided.c == dense.c);
  CHECK(h == spread(dense.h, kHidden));
  CHECK(da == spread(dense.da, row_4));
  CHECK(strided.dc_before == dense.dc_before);
}

TEST_CASE("NaN-infinity reaches what depends on it, large numbers saturate the gates") {
  std::mt19937_64 random(kSeed);
  Step step(random);
  step.from_input[kHidden] = 0xFFFF;          // f of unit 0
  step.from_input[1] = kFp16LargestFinite;    // i of unit 1
  step.from_input[2 * kHidden + 1] = 0xFFFE;  // g of unit 1
  step.dh_above[2] = kFp16NanInfinity;        // of unit 2
  step.run();
  CHECK(step.gates[kHidden] == kFp16NanInfinity);
  CHECK(step.c[0] == kFp16NanInfinity);
  CHECK(step.h[0] == kFp16NanInfinity);
  CHECK(step.dc_before[0] == kFp16NanInfinity);
  CHECK(step.gates[1] == fp16_from_float(1));
  CHECK(step.gates[2 * kHidden + 1] == fp16_from_float(-1));
  CHECK(step.da[1] == 0);
  CHECK(step.da[2 * kHidden + 1] == 0);
  for (std::size_t k = 0; k < 4; ++k) CHECK(step.da[k * kHidden + 2] == kFp16NanInfinity);
  CHECK(step.dc_before[2] == kFp16NanInfinity);
  CHECK(step.h[3] != kFp16NanInfinity);
}

}  // namespace
}  // namespace nibble
