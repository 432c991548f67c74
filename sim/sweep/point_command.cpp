#include "sim/sweep/point_command.h"

#include <optional>

#include <fmt/format.h>

#include "sim/sweep/point_database.h"
#include "sim/sweep/point_list.h"
#include "sim/sweep/shell_word.h"

namespace nibble {
namespace {

/// What `visit_all` shows, of one number; counts all.
struct Wanted {
  std::int64_t number, points;
  std::optional<Point> settings;

  bool look_at(std::int64_t at, const Point& point) {
    ++points;
    if (at == number) settings = point;
    return !settings;
  }
};

void look_at_results(const Sweep& sweep, const std::string& directory, Wanted& wanted) {
  const PointDatabase database(directory);
  if (database.identity().text != sweep.text) {
    throw bad_file(database.file(), "holds points of another text of " + sweep.file,
                   "allowed is the same, as after another sweep -o " + directory);
  }
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    (void)wanted.look_at(point.number, point.settings);
  });
}

}  // namespace

std::string point_command(const Sweep& sweep, const Point& point) {
  std::string command = "nibblesim run " + shell_word(sweep.experiment_file);
  for (const std::vector<Setting>* settings : {&sweep.set, &point}) {
    for (const auto& [key, value] : *settings) {
      command.append(" --set ").append(shell_word(fmt::format("{}={}", key, value)));
    }
  }
  return command;
}

std::string numbered_command(const Sweep& sweep, std::int64_t number,
                             const std::string& directory) {
  Wanted wanted{number, 0, std::nullopt};
  if (!directory.empty()) {
    look_at_results(sweep, directory, wanted);
  } else if (!sweep.search) {
    (void)list_points(sweep, [&](const ListedPoint& point) {
      return wanted.look_at(point.number, point.settings);
    });
  } else {
    throw BadInput({"--command", 0, 0}, "", "a search numbers points as it asks for them",
                   "allowed beside -o DIR, which holds its results");
  }
  if (wanted.settings) return point_command(sweep, *wanted.settings);
  throw BadInput(
      {"--command", 0, 0}, "", fmt::format("there is no point {}", number),
      wanted.points == 0 ? "no point is there" : fmt::format("allowed are 1 to {}", wanted.points));
}

}  // namespace nibble
