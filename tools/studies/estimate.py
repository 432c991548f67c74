"""How long a run will take, roughly: only the order of the runs depends on it."""
import studies
from result_file import ResultFile

UNKNOWN_S = 600.0  # nothing like it has been run: after all that is known to be short


class HostTimes:
    """From the rows that are there: the case's own, or else the mean of its kin, scaled to its amount."""

    def __init__(self):
        self.own, per_amount = {}, {}
        for study, cases in studies.STUDIES.items():
            rows = ResultFile(study).rows
            for case in cases():
                if case.name in rows:
                    seconds = float(rows[case.name]["host_s"])
                    self.own[study, case.name] = seconds
                    per_amount.setdefault(case.kin(), []).append(seconds / case.amount())
        self.per_amount = {kin: sum(all_of) / len(all_of) for kin, all_of in per_amount.items()}

    def seconds(self, study, case):
        own = self.own.get((study, case.name))
        if own is not None:
            return own
        return self.per_amount.get(case.kin(), UNKNOWN_S) * case.amount()
