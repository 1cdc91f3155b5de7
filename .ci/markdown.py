"""The blocks of code of a page, for all scripts that read the pages."""

import re
from typing import NamedTuple

FENCED = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block without the indentation of a list, and where it stands in the page."""

    language: str
    code: str
    start: int
    end: int


def blocks(text):
    """The blocks of a page, in order."""
    return [
        Block(match[2], re.sub(f"^{match[1]}", "", match[3], flags=re.MULTILINE), match.start(), match.end())
        for match in FENCED.finditer(text)
    ]
