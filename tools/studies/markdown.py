"""Markdown that all tables of studies share."""
import collections
import re

from result_file import ResultFile

MARK = re.compile(r"<!-- table ([\w ]+) -->")


def table(heads, rows, words=1):
    """Markdown; all columns but the first `words` are right-aligned."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * words + "--:|" * (len(heads) - words)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def filled(text, tables):
    """A page's text with its tables made anew, each behind its mark up to the next `<!-- end -->`."""
    def fill(found):
        return f"<!-- table {found[1]} -->\n\n{tables[found[1]]()}\n\n<!-- end -->"

    return re.sub(MARK.pattern + r".*?<!-- end -->", fill, text, flags=re.DOTALL)


def number(text, digits=2):
    """`digits` significant ones at least, no more than three behind the point."""
    if text == "":
        return "–"
    value = float(text)
    whole = len(str(int(abs(value))))
    return f"{value:,.{max(0, min(3, digits - whole + (1 if abs(value) < 1 else 0)))}f}"


def percent(text):
    return "–" if text == "" else f"{100 * float(text):.1f} %"


def commits_of(studies):
    """Which sources the rows of each study were made from; `studies` gives the cases by name."""
    lines = []
    for study, cases in studies.items():
        rows = ResultFile(study).rows
        commits = collections.Counter(row["commit"] or "unknown" for row in rows.values())
        failed = sum(row["fault"] != "" for row in rows.values())
        lines.append([study, f"{len(rows)} of {len(cases())}", str(failed),
                      ", ".join(f"{commit} ({count})" if len(commits) > 1 else commit
                                for commit, count in commits.most_common())])
    return table(["study", "runs with a row", "of them failed", "commit"], lines)
