"""How long a run will take, roughly: only the order of the runs depends on it."""
import studies
from simulation import ResultFile

UNKNOWN_S = 600.0  # nothing like it has been run: after all that is known to be short


class HostTimes:
    """From the rows that are there: the case's own, or else the mean of those of its network and mode,
    scaled to its batch."""

    def __init__(self):
        self.own, per_image = {}, {}
        for study in studies.STUDIES:
            for name, row in ResultFile(study).rows.items():
                seconds = float(row["host_s"])
                self.own[study, name] = seconds
                per_image.setdefault((row["network"], row["mode"]), []).append(
                    seconds / int(row["batch"]))
        self.per_image = {key: sum(all_of) / len(all_of) for key, all_of in per_image.items()}

    def seconds(self, study, case):
        key = case.set_value("network"), case.set_value("mode")
        own = self.own.get((study, case.name))
        if own is not None:
            return own
        return self.per_image.get(key, UNKNOWN_S) * int(case.set_value("batch"))
