"""Names tasks: by the file where that says it, otherwise by what the prompt says the model is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from workbench.text import has_han, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.records import Template

_GENERIC = frozenset(
    [
        "log",
        "logs",
        "data",
        "dataset",
        "train",
        "test",
        "records",
        "calls",
        "messages",
        "chat",
        "export",
        "tmp",
        "out",
        "samples",
        "part",
        "file",
        "input",
        "output",
        "home",
        "root",
        "conversations",
        "prompts",
    ]
)
_SKIPPED = frozenset(
    [
        "you",
        "are",
        "is",
        "a",
        "an",
        "the",
        "of",
        "for",
        "to",
        "in",
        "on",
        "and",
        "or",
        "your",
        "my",
        "as",
        "act",
        "be",
        "please",
        "given",
        "following",
        "with",
        "from",
        "that",
        "this",
        "will",
        "who",
        "helpful",
        "assistant",
        "expert",
        "ai",
        "use",
        "using",
        "answer",
        "below",
    ]
)
_HAN_ROLE = re.compile(
    r"(?:你是|您是|作为|扮演)(?:一[名位个]|一款)?(?:专业的?|资深的?|优秀的?)?([\u4e00-\u9fff]{2,12})"
)
_TASK_WORDS = 2
_LONGEST = 40


def task_names(
    templates: Sequence[Template], numbers: Sequence[int], files: Sequence[Counter[str]]
) -> dict[int, str]:
    """Name every task, each by another name.

    ``templates`` come the commonest first; ``numbers`` says for each which task it is of, ``files`` in which
    files its calls stood.
    """
    where: dict[int, Counter[str]] = {}
    for number, found in zip(numbers, files, strict=True):
        where.setdefault(number, Counter()).update(found)
    main: dict[str, int] = {}
    for number, found in where.items():
        for file, count in found.items():
            if file not in main or where[main[file]][file] < count:
                main[file] = number
    names: dict[int, str] = {}
    taken: set[str] = set()
    for template, number in zip(templates, numbers, strict=True):
        if number in names:
            continue
        file = min(where[number], key=lambda name: (-where[number][name], name))
        name = (_file_name(file) if main[file] == number else "") or _prompt_name(template) or "task"
        names[number] = _free(name[:_LONGEST], taken)
        taken.add(names[number])
    return names


def _free(name: str, taken: set[str]) -> str:
    return next(
        n for n in itertools.chain([name], (f"{name}-{k}" for k in itertools.count(2))) if n not in taken
    )


def _file_name(file: str) -> str:
    """Take the file's own name, or its folder's where that is generic, as a slug."""
    folder, _, name = file.rpartition("/")
    for candidate in (name.split(".")[0], folder):
        found = slug(candidate)
        if found and found not in _GENERIC and not re.fullmatch(r"[\d-]+|tmp.*", found):
            return found
    return ""


def _prompt_name(template: Template) -> str:
    text = (template.system or template.static("user")).strip()
    if has_han(text):
        role = _HAN_ROLE.search(text)
        return role.group(1) if role else "".join(words(text)[:6])
    kept = [w for w in words(text)[:60] if w.casefold() not in _SKIPPED]
    return slug(" ".join(kept[:_TASK_WORDS]))


def slug(text: str) -> str:
    """Write ``text`` with small letters, digits and hyphens; Chinese characters stay."""
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "-", text.casefold()).strip("-")
