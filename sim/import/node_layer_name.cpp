#include "sim/import/node_layer_name.h"

#include <sstream>
#include <vector>

namespace nibble {

std::string node_layer_name(const onnx::NodeProto& node) {
  std::vector<std::string> parts;
  std::istringstream path(node.name());
  for (std::string part; std::getline(path, part, '/');) {
    if (part.empty()) continue;
    // A module's children repeat its name: layer1/layer1.0.
    if (!parts.empty() && part.compare(0, parts.back().size() + 1, parts.back() + ".") == 0) {
      parts.pop_back();
    }
    parts.push_back(part);
  }
  if (parts.size() > 1 && parts.back().compare(0, node.op_type().size(), node.op_type()) == 0) {
    parts.pop_back();
  }
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ".") + part;
  return name.empty() ? node.op_type() : name;
}

}  // namespace nibble
