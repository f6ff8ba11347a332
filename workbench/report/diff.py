"""Shows how one answer differs from another, word by word, and character by character in Chinese."""

from __future__ import annotations

import difflib
import re
from typing import Literal

Kind = Literal["same", "added", "removed"]
_TOKENS = re.compile(r"\s+|[^\W_\u3040-\u30ff\u3400-\u9fff]+|.", re.DOTALL)


def word_diff(old: str, new: str) -> list[tuple[Kind, str]]:
    """Return pieces in order; those not ``removed`` make up ``new``, those not ``added`` make up ``old``."""
    a, b = _TOKENS.findall(old), _TOKENS.findall(new)
    pieces: list[tuple[Kind, str]] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(a[i:j])))
            continue
        if i < j:
            pieces.append(("removed", "".join(a[i:j])))
        if k < m:
            pieces.append(("added", "".join(b[k:m])))
    return pieces
