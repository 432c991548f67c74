"""Puts the tables of all studies on their pages: each behind its mark, up to the next `<!-- end -->`."""
import re

import accumulation
import captured_steps
import chip_tables
import gradient_tables
import training_tables

MARK = re.compile(r"<!-- table ([\w ]+) -->")
PAGES = {chip_tables.PAGE: {**chip_tables.TABLES, **captured_steps.TABLES},
         training_tables.PAGE: {**training_tables.TABLES, **gradient_tables.TABLES,
                              **accumulation.TABLES},
         training_tables.SUMMARY_PAGE: training_tables.SUMMARY}


def filled(text, tables):
    """The page's text with its tables as the results are now."""
    def fill(found):
        return f"<!-- table {found[1]} -->\n\n{tables[found[1]]()}\n\n<!-- end -->"

    return re.sub(MARK.pattern + r".*?<!-- end -->", fill, text, flags=re.DOTALL)


def write():
    for page, tables in PAGES.items():
        before = page.read_text()
        after = filled(before, tables)
        if after != before:
            page.write_text(after)
