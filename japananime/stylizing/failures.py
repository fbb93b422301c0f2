"""What is said of a file that could not be made: one bad file never ends the work on the others."""

from pathlib import Path

from japananime.base import jobs
from japananime.base.errors import UserError, reason


def describe(error: Exception, source: Path) -> str:
    """Why a file could not be made, in one line that names it.

    Errors that nobody has foreseen, of libraries that stumble over a file, are told with their kind.
    """
    if isinstance(error, UserError):
        return str(error)
    text = jobs.describe(error) if isinstance(error, OSError) else f"{type(error).__name__}, {reason(error)}"
    return text if str(source) in text else f"{source}: cannot be made ({text})"
