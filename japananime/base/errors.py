"""The one kind of error that is meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can put right.

    The message says what was wrong, where (file or flag), and what would be accepted.
    Commands print it as one line and exit with status 2.
    """


def reason(error: BaseException) -> str:
    """What somebody else's exception says, in one line that can stand in a UserError's brackets."""
    first = str(error).strip().split("\n", 1)[0]
    return (first if len(first) <= 200 else f"{first[:200]} ...") or type(error).__name__
