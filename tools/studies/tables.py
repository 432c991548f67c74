"""Puts the tables of all studies on their pages: each behind its mark, up to the next `<!-- end -->`."""
import accumulation
import captured_steps
import chip_tables
import design_spaces
import gradient_tables
import training_tables
from markdown import filled

PAGES = {chip_tables.PAGE: {**chip_tables.TABLES, **captured_steps.TABLES},
         training_tables.PAGE: {**training_tables.TABLES, **gradient_tables.TABLES,
                              **accumulation.TABLES},
         design_spaces.PAGE: design_spaces.TABLES,
         training_tables.SUMMARY_PAGE: training_tables.SUMMARY}


def write():
    for page, tables in PAGES.items():
        before = page.read_text()
        after = filled(before, tables)
        if after != before:
            page.write_text(after)
