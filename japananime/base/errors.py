"""The one kind of error that is meant for the person at the keyboard."""

import errno


class UserError(Exception):
    """Something the user can put right.

    The message says what was wrong, where (file or flag), and what would be accepted.
    Commands print it as one line and exit with status 2.
    """


# What to do where a disk is full, at the end of a line that says of which file.
ROOM = "make room and start again"


def disk_is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that there is no room on the disk, or none for this person."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def reason(error: BaseException) -> str:
    """What somebody else's exception says, in one line that can stand in a UserError's brackets."""
    first = str(error).strip().split("\n", 1)[0]
    return (first if len(first) <= 200 else f"{first[:200]} ...") or type(error).__name__
