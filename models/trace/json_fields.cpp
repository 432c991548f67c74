#include "models/trace/json_fields.h"

#include <cmath>
#include <limits>

#include "models/trace/trace_error.h"

namespace nibble {
namespace {

constexpr std::int64_t kMostEpochs = 1000000;

}  // namespace

JsonFields::JsonFields(std::string file, std::string where, nlohmann::json object)
    : file_(std::move(file)), where_(std::move(where)), object_(std::move(object)) {
  if (!object_.is_object()) fail("is not a JSON object");
}

JsonFields JsonFields::document(const std::string& file, const std::string& text,
                                const std::string& schema) {
  JsonFields fields(file, "metadata", nlohmann::json::parse(text, nullptr, false));
  const std::string found = fields.text("schema");
  if (found != schema) fields.fail("schema is " + found + ", expected " + schema);
  return fields;
}

void JsonFields::fail(const std::string& fault) const {
  throw TraceError(file_, where_ + ": " + fault);
}

const nlohmann::json& JsonFields::at(const char* key) const {
  const auto field = object_.find(key);
  if (field == object_.end()) fail(std::string(key) + " is missing");
  return *field;
}

std::string JsonFields::text(const char* key) const {
  const nlohmann::json& field = at(key);
  if (!field.is_string()) fail(std::string(key) + " must be a string");
  return field.get<std::string>();
}

std::int64_t JsonFields::integer(const char* key, std::int64_t least, std::int64_t most) const {
  const nlohmann::json& field = at(key);
  const bool representable = field.is_number_integer() &&
                             !(field.is_number_unsigned() && field.get<std::uint64_t>() >> 63 != 0);
  if (!representable || field.get<std::int64_t>() < least || field.get<std::int64_t>() > most) {
    fail(std::string(key) + " is " + field.dump() + ", allowed are integers from " +
         std::to_string(least) + " to " + std::to_string(most));
  }
  return field.get<std::int64_t>();
}

double JsonFields::number(const char* key) const {
  const nlohmann::json& field = at(key);
  // JSON cannot write infinity or NaN; a number too large for binary64 is parsed as infinity.
  if (!field.is_number() || !std::isfinite(field.get<double>())) {
    fail(std::string(key) + " must be a finite number");
  }
  return field.get<double>();
}

float JsonFields::binary32(const char* key) const {
  const double value = number(key);
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
    fail(std::string(key) + " must be a finite binary32 number");
  }
  return static_cast<float>(value);
}

JsonFields JsonFields::object(const char* key) const {
  return JsonFields(file_, where_ + "." + key, at(key));
}

std::vector<JsonFields> JsonFields::list(const char* key) const {
  const nlohmann::json& field = at(key);
  if (!field.is_array()) fail(std::string(key) + " must be a list");
  std::vector<JsonFields> items;
  for (std::size_t i = 0; i < field.size(); ++i) {
    items.push_back(JsonFields(file_, std::string(key) + "[" + std::to_string(i) + "]", field[i]));
  }
  return items;
}

std::size_t JsonFields::choice(const char* key, const std::vector<std::string>& words) const {
  const std::string word = text(key);
  std::string allowed;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return i;
    allowed += (i == 0 ? "" : ", ") + words[i];
  }
  fail(std::string(key) + " is \"" + word + "\", allowed are " + allowed);
}

nlohmann::json accuracy_json(const Accuracy& accuracy) {
  nlohmann::json json = {{"metric", accuracy.metric}, {"epochs", accuracy.epochs}};
  if (accuracy.fp32) json["fp32"] = *accuracy.fp32;
  if (accuracy.nibble4) json["nibble4"] = *accuracy.nibble4;
  return json;
}

Accuracy accuracy_from(const JsonFields& fields) {
  Accuracy accuracy;
  accuracy.metric = fields.text("metric");
  accuracy.epochs = fields.integer("epochs", 0, kMostEpochs);
  if (fields.has("fp32")) accuracy.fp32 = fields.number("fp32");
  if (fields.has("nibble4")) accuracy.nibble4 = fields.number("nibble4");
  return accuracy;
}

}  // namespace nibble
