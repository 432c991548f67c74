#include "sim/sweep/point_database.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "sim/base/bad_input.h"
#include "sim/sweep/deflated_text.h"
#include "sim/sweep/file_lock.h"

namespace nibble {
namespace {

constexpr const char* kSchema = "nibblesim-sweep-1";
constexpr const char* kTables =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE design(number INTEGER PRIMARY KEY, key TEXT NOT NULL, settings TEXT NOT NULL);"
    "CREATE TABLE points(key TEXT PRIMARY KEY, fault TEXT NOT NULL, result TEXT, layers BLOB);"
    "CREATE TABLE hosts(key TEXT PRIMARY KEY, seconds REAL, peak_rss_bytes INTEGER);";
constexpr int kLockTries = 50, kLockMilliseconds = 20;
constexpr int kReadMilliseconds = 10'000;  // while a commit is under way
/// While somebody reads: whoever has results can wait.
constexpr int kWriteMilliseconds = 600'000;

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

struct PointDatabase::State {
  std::string file;
  std::optional<FileLock> lock;  // of a writer
  bool is_made_here = false;
  OtherVersion other = OtherVersion::refuse;
  std::string new_text;  // of the sweep's file, not written yet; empty: none
  std::optional<SQLite::Database> database;
  std::map<std::string, bool> elsewhere;  // of a shard: keys of sweep.db, and whether they are good
  struct DesignRow {
    std::int64_t number;
    std::string key, settings;
  };
  std::vector<DesignRow> pending;  // not written yet: one transaction a row would take milliseconds

  [[nodiscard]] BadInput fault(const std::string& what) const {
    return bad_file(file, what, "allowed is a sweep's database");
  }

  /// What SQLite says, as one line.
  template <typename Work>
  auto told(const Work& work) {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      throw bad_file(file, error.what(), "what was finished before is kept");
    }
  }

  std::string meta(const std::string& key) {
    SQLite::Statement row(*database, "SELECT value FROM meta WHERE key = ?");
    row.bind(1, key);
    if (!row.executeStep()) throw fault("has no " + key);
    return row.getColumn(0).getString();
  }

  void put_meta(const std::string& key, const std::string& value) {
    SQLite::Statement row(*database, "INSERT OR REPLACE INTO meta VALUES(?, ?)");
    row.bind(1, key);
    row.bind(2, value);
    row.exec();
  }

  /// In a transaction.
  void write_design() {
    if (!new_text.empty()) put_meta("text", std::exchange(new_text, ""));
    for (const auto& [number, key, settings] : pending) {
      SQLite::Statement row(*database, "INSERT OR REPLACE INTO design VALUES(?, ?, ?)");
      row.bind(1, number);
      row.bind(2, key);
      row.bind(3, settings);
      row.exec();
    }
    pending.clear();
  }

  /// Of a file that exists.
  void check_schema() {
    std::string schema;
    try {
      if (database->tableExists("meta")) schema = meta("schema");
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_NOTADB) throw;  // busy, to be recovered: it may be one
    }
    if (schema == kSchema) return;
    throw fault(schema.empty()
                    ? "is no sweep's database"
                    : fmt::format("has the form {}, this program's is {}", schema, kSchema));
  }

  void check_sweep(const std::string& name) {
    const std::string other_name = meta("sweep");
    if (other_name == name) return;
    throw bad_file(file, fmt::format("is of sweep {}, this is sweep {}", other_name, name),
                   fmt::format("allowed is another folder (-o), or sweep: {} in the sweep's file, "
                               "which keeps these results",
                               other_name));
  }

  /// Whether another program has made it, and the user wants nothing of that.
  [[nodiscard]] bool is_to_be_discarded(const std::string& program) {
    const std::string made_by = meta("program");
    if (made_by == program) return false;
    if (other == OtherVersion::discard) return true;
    throw bad_file(file, fmt::format("was made by {}, this is {}", made_by, program),
                   "allowed is the same program, another folder (-o), or --discard-other-version, "
                   "which deletes these results");
  }

  void check_identity(const SweepIdentity& identity) {
    check_sweep(identity.name);
    (void)is_to_be_discarded(identity.program);
  }

  /// Makes it if it is missing.
  void open_for_writing(const SweepIdentity& identity) {
    // The processes of points hold it, too, and die a moment after a sweep that was killed.
    for (int i = 0; !lock && i <= kLockTries; ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(kLockMilliseconds));
      std::optional<FileLock> taken = FileLock::try_take(file);
      if (taken) lock.emplace(std::move(*taken));
    }
    if (!lock) {
      throw bad_file(file, "is being written by another sweep", "allowed is one at a time");
    }
    told([&] {
      database.emplace(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kWriteMilliseconds);
      SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
      if (is_empty()) {
        is_made_here = true;
        database->exec(kTables);
        put_meta("schema", kSchema);
        begin(identity);
      }
      check_schema();
      check_sweep(identity.name);
      if (is_to_be_discarded(identity.program)) {
        for (const char* table : {"points", "hosts", "design"}) {
          database->exec(std::string("DELETE FROM ") + table);
        }
        begin(identity);
      }
      if (meta("text") != identity.text) new_text = identity.text;
      transaction.commit();
    });
  }

  /// Of a database without points.
  void begin(const SweepIdentity& identity) {
    put_meta("program", identity.program);
    put_meta("sweep", identity.name);
    put_meta("text", identity.text);
  }

  [[nodiscard]] Json layers_from(const std::string& bytes, std::int64_t point) const {
    const auto text = inflated(bytes);
    if (!text) throw fault(fmt::format("has spoilt layers at point {}", point));
    return Json::parse(*text);
  }

  /// One whose process was killed while it made it has no tables.
  [[nodiscard]] bool is_empty() {
    return database->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
  }

  /// All keys that have been run, and whether they are good.
  [[nodiscard]] std::map<std::string, bool> keys() {
    return told([&] {
      std::map<std::string, bool> found;
      SQLite::Statement row(*database, "SELECT key, fault = '' FROM points ORDER BY key");
      while (row.executeStep()) {
        found.emplace_hint(found.end(), row.getColumn(0).getString(), row.getColumn(1).getInt());
      }
      return found;
    });
  }
};

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

SweepIdentity PointDatabase::identity() const {
  State& at = *state_;
  return at.told([&] {
    return SweepIdentity{at.meta("program"), at.meta("sweep"), at.meta("text")};
  });
}

bool PointDatabase::holds(const std::string& key, bool even_failed) const {
  State& at = *state_;
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
  at.told([&] {
    SQLite::Transaction transaction(*at.database, SQLite::TransactionBehavior::IMMEDIATE);
    at.write_design();
    SQLite::Statement rows(*at.database, "DELETE FROM design WHERE number > ?");
    rows.bind(1, last);
    rows.exec();
    transaction.commit();
  });
}

void PointDatabase::put(const FinishedPoint& point, double seconds, std::int64_t peak_rss_bytes) {
  State& at = *state_;
  at.told([&] {
    SQLite::Transaction transaction(*at.database, SQLite::TransactionBehavior::IMMEDIATE);
    at.write_design();
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
    transaction.commit();
  });
}

std::optional<std::vector<std::string>> PointDatabase::take_over(const std::string& shard_file) {
  const auto lock = FileLock::try_take(shard_file);
  if (!lock) return std::nullopt;
  std::vector<std::string> keys;
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
    if (shard.is_to_be_discarded(ours.program)) return;
    for (const auto& [key, is_good] : shard.keys()) keys.push_back(key);
  });
  shard.database.reset();
  State& at = *state_;
  if (!keys.empty()) {
    at.told([&] {
      SQLite::Statement attach(*at.database, "ATTACH ? AS shard");
      attach.bind(1, shard_file);
      attach.exec();
      SQLite::Transaction transaction(*at.database, SQLite::TransactionBehavior::IMMEDIATE);
      for (const char* table : {"hosts", "points"}) {  // hosts first: points say what is good
        at.database->exec(
            fmt::format("INSERT OR REPLACE INTO main.{0} SELECT * FROM shard.{0} AS theirs WHERE "
                        "NOT EXISTS (SELECT 1 FROM main.points AS ours WHERE "
                        "ours.key = theirs.key AND ours.fault = '')",
                        table));
      }
      transaction.commit();
      at.database->exec("DETACH shard");
    });
  }
  std::error_code failure;
  if (!std::filesystem::remove(shard_file, failure)) {
    throw bad_file(shard_file, system_fault("cannot be removed", failure.value()));
  }
  return keys;
}

std::int64_t PointDatabase::good_points() const {
  State& at = *state_;
  return at.told([&] {
    return at.database
        ->execAndGet("SELECT count(*) FROM design JOIN points USING(key) WHERE fault = ''")
        .getInt64();
  });
}

Json PointDatabase::layers_of(std::int64_t number) const {
  State& at = *state_;
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
