"""Cells of a CSV table that a spreadsheet must not take for formulas, as names of strangers' files may read."""

# A spreadsheet runs what begins with one of these; with an apostrophe before, it shows the rest as it is.
RUN = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "'"


def escaped(row: dict) -> dict:
    """A row, {column: value}, whose texts are safe to be opened; numbers stay as they are."""
    return {name: MARK + value if _would_run(value) else value for name, value in row.items()}


def unescaped(row: dict) -> dict:
    """What `escaped` was given, from what was read back."""
    return {name: value.removeprefix(MARK) if isinstance(value, str) else value for name, value in row.items()}


def _would_run(value: object) -> bool:
    if not isinstance(value, str) or not value.startswith((*RUN, MARK)):
        return False
    try:
        float(value)  # less than nothing is no formula
    except ValueError:
        return True
    return False
