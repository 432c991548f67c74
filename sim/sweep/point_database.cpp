#include "sim/sweep/point_database.h"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/sweep/deflated_text.h"
#include "sim/sweep/file_lock.h"
#include "sim/sweep/point_database_state.h"

namespace nibble {
namespace {

std::string database_file(const std::string& directory) {
  return (std::filesystem::path(directory) / "sweep.db").string();
}

std::string settings_text(const Point& settings) {
  Json json = Json::object();
  for (const auto& [key, value] : settings) json[key] = value;
  return json.dump();
}

Point settings_from(const std::string& text) {
  Point settings;
  const Json json = Json::parse(text);
  for (const auto& [key, value] : json.items())
    settings.emplace_back(key, value.get<std::string>());
  return settings;
}

}  // namespace

PointDatabase::PointDatabase(const std::string& directory, const SweepIdentity& identity,
                             OtherVersion other)
    : state_(std::make_unique<State>()) {
  state_->file = database_file(directory);
  state_->other = other;
  state_->open_for_writing(identity);
}

PointDatabase::PointDatabase(const std::string& directory, const SweepIdentity& identity,
                             const Shard& shard)
    : state_(std::make_unique<State>()) {
  if (std::filesystem::exists(database_file(directory))) {
    const PointDatabase whole(directory);
    whole.state_->check_identity(identity);
    state_->elsewhere = whole.state_->keys();
  }
  state_->file = shards_folder(directory) + fmt::format("/{}-of-{}.db", shard.number, shard.of);
  state_->open_for_writing(identity);
}

PointDatabase::PointDatabase(const std::string& directory) : state_(std::make_unique<State>()) {
  State& at = *state_;
  at.file = database_file(directory);
  if (!std::filesystem::exists(at.file)) throw at.fault("is missing");
  at.told([&] {
    try {
      // What a writer that was killed left half done is undone by the next who may write.
      at.database.emplace(at.file, SQLite::OPEN_READWRITE, kReadMilliseconds);
    } catch (const SQLite::Exception&) {
      at.database.emplace(at.file, SQLite::OPEN_READONLY, kReadMilliseconds);
    }
    at.check_schema();
  });
}

PointDatabase::~PointDatabase() = default;

std::string shards_folder(const std::string& directory) {
  return (std::filesystem::path(directory) / "shards").string();
}

std::int64_t points_in(const std::string& file) {
  try {
    SQLite::Database database(file, SQLite::OPEN_READONLY);
    return database.execAndGet("SELECT count(*) FROM points").getInt64();
  } catch (const SQLite::Exception&) {  // locked, or not made yet
    return 0;
  }
}

const std::string& PointDatabase::file() const { return state_->file; }

void PointDatabase::when_text_changes(std::function<void(const std::string&)> tell) {
  state_->tell_former_text = std::move(tell);
}

SweepIdentity PointDatabase::identity() const {
  State& at = *state_;
  if (at.successor) return *at.successor;
  return at.told([&] {
    return SweepIdentity{at.meta("program"), at.meta("sweep"), at.meta("text")};
  });
}

bool PointDatabase::will_discard() const { return state_->successor.has_value(); }

bool PointDatabase::holds(const std::string& key, bool even_failed) const {
  State& at = *state_;
  if (at.successor) return false;
  return at.told([&] {
    SQLite::Statement row(*at.database, "SELECT fault FROM points WHERE key = ?");
    row.bind(1, key);
    if (row.executeStep()) return even_failed || row.getColumn(0).getString().empty();
    const auto found = at.elsewhere.find(key);
    return found != at.elsewhere.end() && (even_failed || found->second);
  });
}

std::optional<FinishedPoint> PointDatabase::find(const std::string& key) const {
  State& at = *state_;
  if (at.successor) return std::nullopt;
  return at.told([&]() -> std::optional<FinishedPoint> {
    SQLite::Statement row(*at.database, "SELECT fault, result FROM points WHERE key = ?");
    row.bind(1, key);
    if (!row.executeStep()) return std::nullopt;
    FinishedPoint point{key, row.getColumn(0).getString(), {}};
    if (!row.getColumn(1).isNull()) point.result = Json::parse(row.getColumn(1).getString());
    return point;
  });
}

void PointDatabase::put_design(std::int64_t number, const std::string& key, const Point& settings) {
  state_->pending.push_back({number, key, settings_text(settings)});
}

void PointDatabase::end_design(std::int64_t last) {
  State& at = *state_;
  at.write([&] {
    SQLite::Statement rows(*at.database, "DELETE FROM design WHERE number > ?");
    rows.bind(1, last);
    rows.exec();
  });
}

void PointDatabase::put(const FinishedPoint& point, double seconds, std::int64_t peak_rss_bytes) {
  State& at = *state_;
  at.write([&] {
    SQLite::Statement row(*at.database, "INSERT OR REPLACE INTO points VALUES(?, ?, ?, ?)");
    row.bind(1, point.key);
    row.bind(2, point.fault);
    if (point.fault.empty()) {
      Json result = point.result;
      const std::string layers = deflated(result.at("layers").dump());
      for (const char* apart : {"layers", "host", "overrides"}) result.erase(apart);
      row.bind(3, result.dump());
      row.bind(4, layers.data(), static_cast<int>(layers.size()));
    }
    row.exec();
    SQLite::Statement host(*at.database, "INSERT OR REPLACE INTO hosts VALUES(?, ?, ?)");
    host.bind(1, point.key);
    host.bind(2, seconds);
    host.bind(3, peak_rss_bytes);
    host.exec();
  });
}

std::optional<std::vector<std::string>> PointDatabase::take_over(const std::string& shard_file) {
  const auto lock = FileLock::try_take(shard_file);
  if (!lock) return std::nullopt;
  std::vector<std::string> keys;
  bool is_of_other = false;
  State shard;
  shard.file = shard_file;
  shard.other = state_->other;
  shard.told([&] {
    // For writing: SQLite finishes or takes back what a killed process had begun.
    shard.database.emplace(shard.file, SQLite::OPEN_READWRITE, kWriteMilliseconds);
    try {
      if (shard.is_empty()) return;
    } catch (const SQLite::Exception&) {  // check_schema says what it is
    }
    shard.check_schema();
    const SweepIdentity ours = identity();
    shard.check_sweep(ours.name);
    is_of_other = shard.is_to_be_discarded(ours.program);
    if (is_of_other) return;
    for (const auto& [key, is_good] : shard.keys()) keys.push_back(key);
  });
  shard.database.reset();
  State& at = *state_;
  if (is_of_other) {
    at.other_shards.push_back(shard_file);
    return keys;
  }
  if (!keys.empty()) {
    at.told([&] {
      SQLite::Statement attach(*at.database, "ATTACH ? AS shard");
      attach.bind(1, shard_file);
      attach.exec();
      SQLite::Transaction transaction(*at.database, SQLite::TransactionBehavior::IMMEDIATE);
      at.discard_other();
      for (const char* table : {"hosts", "points"}) {  // hosts first: points say what is good
        at.database->exec(
            fmt::format("INSERT OR REPLACE INTO main.{0} SELECT * FROM shard.{0} AS theirs WHERE "
                        "NOT EXISTS (SELECT 1 FROM main.points AS ours WHERE "
                        "ours.key = theirs.key AND ours.fault = '')",
                        table));
      }
      transaction.commit();
      at.successor.reset();
      at.database->exec("DETACH shard");
    });
  }
  remove_shard(shard_file);
  return keys;
}

std::int64_t PointDatabase::good_points() const {
  State& at = *state_;
  if (at.successor) return 0;
  return at.told([&] {
    return at.database
        ->execAndGet("SELECT count(*) FROM design JOIN points USING(key) WHERE fault = ''")
        .getInt64();
  });
}

Json PointDatabase::layers_of(std::int64_t number) const {
  State& at = *state_;
  if (at.successor) return nullptr;
  return at.told([&]() -> Json {
    SQLite::Statement row(*at.database,
                          "SELECT layers FROM design JOIN points USING(key) WHERE number = ?");
    row.bind(1, number);
    if (!row.executeStep() || row.getColumn(0).isNull()) return nullptr;
    return at.layers_from(row.getColumn(0).getString(), number);
  });
}

void PointDatabase::for_each(Layers layers,
                             const std::function<void(const DesignPoint&)>& visit) const {
  State& at = *state_;
  if (at.successor) return;
  at.told([&] {
    const std::string columns = layers == Layers::read ? "points.layers" : "NULL";
    SQLite::Statement row(*at.database,
                          "SELECT number, design.key, settings, fault, result, " + columns +
                              " FROM design LEFT JOIN points ON points.key = design.key"
                              " ORDER BY number");
    while (row.executeStep()) {
      DesignPoint point;
      point.number = row.getColumn(0).getInt64();
      point.key = row.getColumn(1).getString();
      point.settings = settings_from(row.getColumn(2).getString());
      point.is_finished = !row.getColumn(3).isNull();
      if (point.is_finished) {
        point.finished = {point.key, row.getColumn(3).getString(), {}};
        if (!row.getColumn(4).isNull()) {
          point.finished.result = Json::parse(row.getColumn(4).getString());
        }
        if (!row.getColumn(5).isNull()) {
          point.finished.result["layers"] =
              at.layers_from(row.getColumn(5).getString(), point.number);
        }
      }
      visit(point);
    }
  });
}

void PointDatabase::discard_if_unused() noexcept {
  State& at = *state_;
  try {
    if (!at.is_made_here) return;
    if (at.database->execAndGet("SELECT count(*) FROM points").getInt64() != 0) return;
    at.database.reset();
    std::filesystem::remove(at.file);  // while the lock is held
  } catch (const std::exception&) {    // then it stays
  }
}

}  // namespace nibble
