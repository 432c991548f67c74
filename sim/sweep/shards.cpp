#include "sim/sweep/shards.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/sweep/file_lock.h"

namespace nibble {
namespace {

constexpr std::int64_t kMostShards = 1'000'000;  // as many as points

/// In order of their names. A shard whose process was killed may have left a lock or a journal
/// beside it, which are no shards.
std::vector<std::string> shard_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(shards_folder(directory), missing)) {
    if (entry.path().extension() == ".db") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, shard.number);
  const bool has_slash = number.ec == std::errc() && number.ptr != end && *number.ptr == '/';
  const auto of = std::from_chars(has_slash ? number.ptr + 1 : end, end, shard.of);
  if (!has_slash || of.ec != std::errc() || of.ptr != end || shard.of > kMostShards ||
      shard.number < 1 || shard.number > shard.of) {
    throw bad_file("--shard " + text, "is no shard",
                   "allowed is K/N, such as 2/8, with K from 1 to N and N up to 1000000");
  }
  return shard;
}

Gathered gather_shards(const std::string& directory, PointDatabase& database) {
  Gathered gathered;
  for (const std::string& file : shard_files(directory)) {
    const auto keys = database.take_over(file);
    if (keys) {
      ++gathered.shards;
      gathered.points += static_cast<std::int64_t>(keys->size());
      gathered.keys.insert(keys->begin(), keys->end());
    } else {
      ++gathered.busy;
    }
  }
  return gathered;
}

std::int64_t busy_shards(const std::string& directory) {
  const std::vector<std::string> files = shard_files(directory);
  return std::count_if(files.begin(), files.end(),
                       [](const std::string& file) { return !FileLock::try_take(file); });
}

std::int64_t points_in_shards(const std::string& directory) {
  std::int64_t points = 0;
  for (const std::string& file : shard_files(directory)) points += points_in(file);
  return points;
}

}  // namespace nibble
