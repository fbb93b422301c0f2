"""`--steady`: what steadies a film's pictures, and the package that it takes besides."""

import importlib.util
from typing import TYPE_CHECKING

from japananime.base import cli
from japananime.base.errors import UserError

if TYPE_CHECKING:
    from japananime.video.steadying import Steadier


def check() -> None:
    """Raise UserError where OpenCV is not installed."""
    if importlib.util.find_spec("cv2") is None:
        raise UserError(
            "--steady needs OpenCV, which is not installed; install it with: " + cli.how_to_install("steady")
        )


def load(period: int | None = None) -> "Steadier":
    """A Steadier for one film; period: as it takes it. Raises UserError where OpenCV is not installed."""
    check()
    from japananime.video.steadying import Steadier

    return Steadier(period)
