"""Cells that a spreadsheet would run, and those that it would not."""

import pytest

from japananime.base import csv_cells


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+1", "'+1+1"), ("-1+1", "'-1+1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("'a", "''a"),
        ("-1.25", "-1.25"), ("+3", "+3"), (-1.25, -1.25), ("a=1", "a=1"), ("", ""), (None, None),
    ],
)  # fmt: skip
def test_only_what_would_run_is_marked_and_it_comes_back(value, written):
    assert csv_cells.escaped({"a": value}) == {"a": written}
    assert csv_cells.unescaped({"a": written}) == {"a": value}
