// What a PointDatabase has: the open file, and what waits for the first write. Who may open it, and
// what is checked then. For point_database.cpp alone.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "sim/base/bad_input.h"
#include "sim/sweep/deflated_text.h"
#include "sim/sweep/file_lock.h"
#include "sim/sweep/point_database.h"

namespace nibble {

inline constexpr const char* kSchema = "nibblesim-sweep-1";
inline constexpr const char* kTables =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE design(number INTEGER PRIMARY KEY, key TEXT NOT NULL, settings TEXT NOT NULL);"
    "CREATE TABLE points(key TEXT PRIMARY KEY, fault TEXT NOT NULL, result TEXT, layers BLOB);"
    "CREATE TABLE hosts(key TEXT PRIMARY KEY, seconds REAL, peak_rss_bytes INTEGER);";
inline constexpr int kLockTries = 50, kLockMilliseconds = 20;
inline constexpr int kReadMilliseconds = 10'000;  // while a commit is under way
/// While somebody reads: whoever has results can wait.
inline constexpr int kWriteMilliseconds = 600'000;

inline void remove_shard(const std::string& file) {
  std::error_code failure;
  if (std::filesystem::remove(file, failure)) return;
  throw bad_file(file, system_fault("cannot be removed", failure.value()));
}

struct PointDatabase::State {
  std::string file;
  std::optional<FileLock> lock;  // of a writer
  bool is_made_here = false;
  OtherVersion other = OtherVersion::refuse;
  std::string new_text;  // of the sweep's file, not written yet; empty: none
  std::function<void(const std::string&)> tell_former_text;
  /// Takes the place of what another program has left here, and in these shards.
  std::optional<SweepIdentity> successor;
  std::vector<std::string> other_shards;
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
  void discard_other() {
    if (!successor) return;
    for (const char* table : {"points", "hosts", "design"}) {
      database->exec(std::string("DELETE FROM ") + table);
    }
    begin(*successor);
  }

  /// What waits for the first result, and then the work, in one transaction.
  template <typename Work>
  void write(const Work& work) {
    told([&] {
      SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
      discard_other();
      std::string former_text;
      if (!new_text.empty()) {
        former_text = meta("text");
        put_meta("text", new_text);
      }
      write_design();
      work();
      transaction.commit();
      successor.reset();
      new_text.clear();
      pending.clear();
      if (tell_former_text && !former_text.empty()) tell_former_text(former_text);
    });
    for (const std::string& shard : std::exchange(other_shards, {})) remove_shard(shard);
  }

  void write_design() {
    for (const auto& [number, key, settings] : pending) {
      SQLite::Statement row(*database, "INSERT OR REPLACE INTO design VALUES(?, ?, ?)");
      row.bind(1, number);
      row.bind(2, key);
      row.bind(3, settings);
      row.exec();
    }
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
        successor = identity;
      } else if (meta("text") != identity.text) {
        new_text = identity.text;
      }
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

}  // namespace nibble
