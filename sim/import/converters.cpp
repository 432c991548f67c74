#include "sim/import/converters.h"

#include <string>
#include <unordered_map>

namespace nibble {

Converter find_converter(const std::string& op) {
  static const std::unordered_map<std::string, Converter> converters = {
      {"Conv", convert_conv},
      {"MaxPool", convert_pool},
      {"AveragePool", convert_pool},
      {"GlobalAveragePool", convert_global_pool},
      {"ReduceMean", convert_global_pool},
      {"BatchNormalization", convert_batch_norm},
      {"Gemm", convert_gemm},
      {"MatMul", convert_matmul},
      {"Relu", convert_relu},
      {"Clip", convert_clip},
      {"Softmax", convert_softmax},
      {"LogSoftmax", convert_softmax},
      {"LayerNormalization", convert_layer_norm},
      {"Add", convert_binary},
      {"Sub", convert_binary},
      {"Mul", convert_binary},
      {"Div", convert_binary},
      {"Where", convert_where},
      {"Abs", convert_smooth},
      {"Celu", convert_smooth},
      {"Elu", convert_smooth},
      {"Erf", convert_smooth},
      {"Exp", convert_smooth},
      {"HardSigmoid", convert_smooth},
      {"HardSwish", convert_smooth},
      {"LeakyRelu", convert_smooth},
      {"Log", convert_smooth},
      {"Neg", convert_smooth},
      {"Pow", convert_smooth},
      {"PRelu", convert_smooth},
      {"Reciprocal", convert_smooth},
      {"Selu", convert_smooth},
      {"Sigmoid", convert_smooth},
      {"Softplus", convert_smooth},
      {"Softsign", convert_smooth},
      {"Sqrt", convert_smooth},
      {"Tanh", convert_smooth},
      {"ThresholdedRelu", convert_smooth},
      {"Cast", convert_identity},
      {"DequantizeLinear", convert_identity},
      {"Dropout", convert_identity},
      {"Identity", convert_identity},
      {"Pad", convert_pad},
      {"QuantizeLinear", convert_identity},
      {"Expand", convert_reshape},
      {"Flatten", convert_reshape},
      {"Reshape", convert_reshape},
      {"Squeeze", convert_reshape},
      {"Unsqueeze", convert_reshape},
      {"Transpose", convert_transpose},
      {"Slice", convert_slice},
      {"Split", convert_split},
      {"Concat", convert_concat},
      {"Gather", convert_gather},
      {"LSTM", convert_lstm},
      {"GRU", convert_recurrent},
      {"RNN", convert_recurrent}};
  const auto found = converters.find(op);
  return found == converters.end() ? nullptr : found->second;
}

}  // namespace nibble
