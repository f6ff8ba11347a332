"""Holds XML answers against their tags, and never expands an entity."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from workbench.checks.fences import unfenced
from workbench.records import Case, Evidence, Grade, Value
from workbench.spec import Spec
from workbench.text import excerpt

_BARE = re.compile(r"&(?!#?\w+;)")


class TagCount(Value, frozen=True, kw_only=True):
    """How often ``tag`` may stand in the whole document; ``max`` of ``None`` is without bound."""

    tag: str
    min: int = 0
    max: int | None = None


class XmlOnly(Spec, frozen=True, kw_only=True):
    """The answer is one well-formed XML document and nothing else: no fence, no text around it."""

    root: str | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        return judge_xml(output, root=self.root)


class XmlStructure(Spec, frozen=True, kw_only=True):
    """The XML in the answer, bare or in one fence, has this root, no tags but ``tags``, and these counts.

    ``last`` names the tag that the root must close with.
    """

    root: str | None = None
    tags: tuple[str, ...] = ()
    counts: tuple[TagCount, ...] = ()
    last: str | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        return judge_xml(
            unfenced(output, "xml")[0],
            root=self.root,
            tags=self.tags,
            counts=self.counts,
            last=self.last,
        )


@dataclass
class XmlText:
    """What was read: all tags, those right under the root, text by tag; ``problem`` where it isn't XML."""

    tags: list[str] = field(default_factory=list)
    top: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""


def judge_xml(
    output: str,
    *,
    root: str | None = None,
    tags: tuple[str, ...] = (),
    counts: tuple[TagCount, ...] = (),
    last: str | None = None,
) -> Grade:
    """Tell whether ``output`` is XML of this structure; entities and document types are refused."""
    found = read_xml(output)
    if found.problem:
        return Grade.of(False, Evidence(what="not XML", text=found.problem), detail=found.problem)
    problems = [*_tag_problems(found, root, tags, last), *_count_problems(found, counts)]
    return Grade.of(
        not problems, *(Evidence(what="structure", text=p) for p in problems), detail="; ".join(problems)
    )


def read_xml(text: str) -> XmlText:
    """Parse ``text`` as one XML document (expat); a document type or an entity of its own is a problem."""
    out, open_tags = XmlText(), list[str]()

    def start(tag: str, attributes: dict[str, str]) -> None:
        del attributes
        out.tags.append(tag)
        if len(open_tags) == 1:
            out.top.append(tag)
        open_tags.append(tag)
        out.texts.setdefault(tag, []).append("")

    def end(tag: str) -> None:
        del tag
        open_tags.pop()

    def data(piece: str) -> None:
        out.texts[open_tags[-1]][-1] += piece

    def refuse(*_: object) -> None:
        raise ValueError("document types and entities are refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text.strip(), True)
    except expat.ExpatError as error:
        out.problem = f"{expat.ErrorString(error.code)} at line {error.lineno}, column {error.offset + 1}"
    except (ValueError, UnicodeError) as error:
        out.problem = str(error)
    return out


def mend_xml(text: str) -> tuple[str, tuple[str, ...]]:
    """Mend what is common in XML that can't be read: the text, and each repair by name."""
    repairs = []
    start, end = text.find("<"), text.rfind(">")
    if 0 <= start < end and text[start : end + 1] != text.strip():
        text = text[start : end + 1]
        repairs.append("taken out of the text around it")
    if _BARE.search(text):
        text = _BARE.sub("&amp;", text)
        repairs.append("bare ampersands")
    return text, tuple(repairs)


def _tag_problems(found: XmlText, root: str | None, tags: tuple[str, ...], last: str | None) -> list[str]:
    problems = []
    if root is not None and found.tags[0] != root:
        problems.append(f"the root is <{excerpt(found.tags[0])}>, not <{root}>")
    if tags:
        problems += [f"<{excerpt(tag)}> is not a tag of it" for tag in sorted(set(found.tags) - set(tags))]
    if last is not None and (not found.top or found.top[-1] != last):
        problems.append(f"it does not close with <{last}>")
    return problems


def _count_problems(found: XmlText, counts: tuple[TagCount, ...]) -> list[str]:
    seen = Counter(found.tags)
    return [
        f"<{one.tag}> stands {seen[one.tag]} times, {one.min} to {'any' if one.max is None else one.max} "
        f"asked"
        for one in counts
        if seen[one.tag] < one.min or (one.max is not None and seen[one.tag] > one.max)
    ]
