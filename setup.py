"""What setup.cfg cannot say: which packages there are, and the README as a text that stands alone.

Packages are all folders of japananime, and three that lie beside it and are installed inside it.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup


def readme():
    """The README without its pictures and with words for links: where an index shows it no file lies beside it."""
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^!\[.*?(?=^## )", "", text, count=1, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"!?\[([^]]*)\]\((?!\w+:)[^)]*\)", r"\1", text)


setup(
    packages=[
        *find_packages(include=["japananime", "japananime.*"]),
        "japananime.checkpoints",
        "japananime.samples",
        "japananime.tools",
    ],
    long_description=readme(),
    long_description_content_type="text/markdown",
)
