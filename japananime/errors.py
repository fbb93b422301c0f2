"""The one kind of error that is meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can put right.

    The message says what was wrong, where (file or flag), and what would be accepted.
    Commands print it as one line and exit with status 2.
    """
