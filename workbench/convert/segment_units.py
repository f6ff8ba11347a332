"""Cuts a prompt into its smallest parts: sentences and list items, each with the headings it stands under."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from workbench.convert.segment_headings import DIALOGUE, SAMPLE_LINE, SLOT, heading_kind
from workbench.convert.segment_lines import EMOJI, FENCE, ITEM, TAG_NAME, Line, lines, trim
from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Iterator

UnitForm = Literal["text", "item", "block"]

_HEADING = re.compile(
    r"\s*(?:(?P<hash>#{1,6})\s*(?P<h>.+)"
    r"|[-=*~]{2,}\s*(?P<d>[^-=*~\n]{1,60}?)\s*[-=*~]{2,}"
    r"|[【\[](?P<z>[^】\]\n]{1,40})[】\]]\s*[:：]?"
    r"|(?:\*\*|__)(?P<b>[^*\n]{1,60})(?:\*\*|__)\s*[:：]?"
    r"|(?:[一二三四五六七八九十]{1,3}[、.]|[IVX]{1,4}\.)\s*(?P<n>[^。.!?:：\n]{1,20})[:：]?"
    r"|(?P<c>[^.!?。！？:：\n\"“”]{1,60})[:：]"
    r"|(?P<u>[A-Z][A-Z &/'-]{2,50}))\s*"
)
# Pictures that mark items and never head them.
_ITEM_MARKS = frozenset("✅❌✔✖☑⭕❗❓➡▶👉🚫⛔")
_PLAIN_HEADING = re.compile(
    rf"\s*(?P<emoji>(?:{EMOJI})?)\s*(?P<name>[A-Z\u4e00-\u9fff][\w /&'-]{{1,39}}?)\s*(?:{EMOJI})*\s*"
)
_TAG_OPEN = re.compile(rf"\s*<(?P<tag>{TAG_NAME})(?:\s[^<>]*)?>\s*")
_TAG_CLOSE = re.compile(rf"\s*</(?P<tag>{TAG_NAME})(?:\s[^<>]*)?>\s*[、,，.。;；]?\s*")
_BLOCK_END = re.compile(
    r"\s*[\[【(<]?\s*(?:the )?end\b(?: of\b[^\n]{0,60}|\])|\s*[\[【(（<].{0,12}结束[\]】)）>]\s*|"
    r"\s*={2,}.{0,12}结束={2,}\s*|\s*(?:示例|样例|例子|对话|范例)(?:到此)?结束[。.]?\s*",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"\s*(?:-{3,}|={3,}|\*{3,}|_{3,}|#{3,}|~{3,}|\"{3}|'{3})\s*")
_INLINE = re.compile(
    r"\s*(?:\*\*|__)?(?P<label>[^:：\n*\"“”。，,.!?]{1,30}?)\s{0,8}(?:\*\*|__)?\s{0,8}[:：](?:\*\*|__)?\s*(?=\S)(?!//)"
)
_NO_LABEL = re.compile(r"(?:if|when|for|whenever|note|e\.g|如果|若|当|对于|注意|例如|比如)\b", re.IGNORECASE)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？；]+[”’」』）\"']*")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|cl|Dr|Mr|Mrs|Ms|No|approx|incl|resp|[A-Z])\.$")
# So far back an abbreviation, and the number of an item, may reach.
_ABBREVIATED, _NUMBERED = 8, 40
_NEXT = re.compile(r"\S")
_NUMBER = re.compile(r"\d+|[a-zA-Z]|[①-⑳]|[一二三四五六七八九十]+")
_CLOSING = "\"'”’」』)）]"
# Headings rank by their marks; a label ranks below them, a turn of a sample below that; a tag is closed only
# by its own end.
_LABEL_RANK, _TURN_RANK, _TAG_RANK = 7, 8, 9
_LABEL_WORDS, _LABEL_HAN = 8, 12
_NAME_WORDS, _NAME_HAN = 4, 8
# So many characters of what stands under a line are looked at.
_BELOW = 200
_PAIRS = {"“": "”", "「": "」", "『": "』", "《": "》"}
_QUOTES = frozenset('"').union(_PAIRS, _PAIRS.values())


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One sentence, list item or block: characters ``[start, end)`` of the prompt.

    ``lead`` is where its headings begin (``start`` where it has none of its own); ``path`` are the headings
    and tags it stands under, outermost first; ``label`` is what its own line begins with ("Length: …"), or
    empty. ``tail`` is the end of closing tags after it (-1: none).
    """

    start: int
    end: int
    form: UnitForm
    path: tuple[str, ...]
    lead: int
    label: str = ""
    tail: int = -1

    @property
    def stop(self) -> int:
        """Where the unit ends with the closing tags that belong to it."""
        return max(self.end, self.tail)

    def text(self, prompt: str) -> str:
        """Return the unit's own text; prose is given on one line, of the same length."""
        text = prompt[self.start : self.end]
        return text if self.form == "block" else text.replace("\n", " ")


@dataclass(frozen=True, kw_only=True)
class _Level:
    rank: int
    name: str
    label: bool = False
    sample: bool = False
    shut: bool = True
    # Of a sample that an item heads ("3. Example:"): its mark and indentation. The next such item ends it.
    mark: str = ""


def units(prompt: str) -> tuple[Unit, ...]:
    """Cut ``prompt``; every character but white space and headings is in exactly one unit."""
    out: list[Unit] = []
    levels: list[_Level] = []
    lead: int | None = None
    for line in lines(prompt):
        _leave(levels, _mark(prompt, line.start))
        heading = _sample_item(prompt, line) or _heading(line.text, prompt, line.end)
        if heading is not None:
            lead = line.start if lead is None else lead
            _enter(levels, heading)
            continue
        if _closes(levels, line.text) or _RULE_LINE.fullmatch(line.text.strip()):
            out, lead = _absorb(out, line, lead)
            continue
        if out and lead is None and _asks(line.text) and not prompt[line.end :].strip():
            out = [*out[:-1], replace(out[-1], tail=line.end)]
            continue
        if lead is None and out and _over(prompt, out[-1], line):
            while levels and levels[-1].rank in {_LABEL_RANK, _TURN_RANK} and levels[-1].label:
                levels.pop()
        for unit in _cut(line, tuple(level.name for level in levels)):
            out.append(unit if lead is None else replace(unit, lead=lead))
            lead = None
    if lead is not None:
        out = _trailing(prompt, out, lead, tuple(level.name for level in levels))
    return tuple(out)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Cut a line into sentences; a stop inside quotation marks or before a small letter does not end one."""
    spans, start, seen = [], 0, 0
    marks: Counter[str] = Counter()
    for match in _END.finditer(text):
        marks.update(mark for mark in text[seen : match.end()] if mark in _QUOTES)
        seen = match.end()
        if _open_quote(marks) or not _ends(text, start, seen):
            continue
        spans.append(trim(text, start, seen))
        start = seen
        marks.clear()
    spans.append(trim(text, start, len(text)))
    return [span for span in spans if span[0] < span[1]]


def short(name: str, *, words: int, han: int) -> bool:
    """Tell whether a name is short: by words, or by characters where it is Chinese."""
    return len(name) <= han if has_han(name) else len(name.split()) <= words


def _asks(line: str) -> bool:
    """Tell the label that a prompt ends with, for the model to go on from ("Answer:")."""
    bare = line.rstrip().rstrip(":：")
    return bare != line.rstrip() and short(bare, words=_NAME_WORDS, han=_NAME_HAN)


def _over(prompt: str, last: Unit, line: Line) -> bool:
    """Tell whether the list under a label ("Notes:") is over: prose, or a line with a label of its own."""
    if ITEM.match(line.text) is not None:
        return False
    filled = SLOT.fullmatch(last.text(prompt)) is not None and "\n\n" in prompt[last.stop : line.start]
    return filled or last.form == "item" or _inline(line.text) != ""


def _trailing(prompt: str, out: list[Unit], lead: int, path: tuple[str, ...]) -> list[Unit]:
    """Give headings that nothing follows ("Answer:") to the last unit, or make them one."""
    end = len(prompt.rstrip())
    if out:
        return [*out[:-1], replace(out[-1], tail=end)]
    return [Unit(start=lead, end=end, form="text", path=path, lead=lead)]


def _ends(text: str, start: int, end: int) -> bool:
    """Tell whether a stop before ``end`` ends the sentence from ``start``."""
    if _ABBREVIATION.search(text, max(start, end - _ABBREVIATED), end) or _numbers(text, start, end):
        return False
    if text[end - 1] in _CLOSING and end < len(text) and not text[end].isspace():
        return False
    following = _NEXT.search(text, end)
    return following is None or not following.group().islower()


def _numbers(text: str, start: int, end: int) -> bool:
    """Tell whether the stop is that of an item's number."""
    number = text[start : end - 1].lstrip() if end - start <= _NUMBERED else ""
    return text[end - 1] == "." and number.isdecimal()


def _open_quote(marks: Counter[str]) -> bool:
    return marks['"'] % 2 == 1 or any(marks[opening] > marks[closing] for opening, closing in _PAIRS.items())


def _heading(line: str, prompt: str, end: int) -> _Level | None:
    closed_up = _closed_up(line)
    opened = _TAG_OPEN.fullmatch(closed_up)
    if opened:
        shut = prompt.find(f"</{opened['tag']}", end) >= 0
        return _Level(rank=_TAG_RANK, name=opened["tag"], shut=shut)
    if SAMPLE_LINE.fullmatch(closed_up) and not closed_up.startswith("#"):
        return _Level(rank=_LABEL_RANK, name=closed_up.strip(" #*[]【】<>:："), sample=True)
    if "{" in line or _BLOCK_END.fullmatch(closed_up):
        return None
    match = _HEADING.fullmatch(closed_up)
    return _bare(line, prompt, end) if match is None else _marked(line, match, prompt, end)


def _closed_up(line: str) -> str:
    """Return a line with one blank for any run of white space, in which patterns would be quadratic."""
    return " ".join(line.split())


def _marked(line: str, match: re.Match[str], prompt: str, end: int) -> _Level | None:
    """Read a line with the marks of a heading."""
    if match["hash"]:
        return _Level(rank=len(match["hash"]), name=match["h"].rstrip("# ") or "#")
    name = next(match[group] for group in "dzbncu" if match[group]).strip("*-# ")
    if match["c"] and (ITEM.match(line) or not _label(match["c"], prompt, end)):
        return None
    rank = _TURN_RANK if DIALOGUE.match(f"{name}:") else _LABEL_RANK
    return _Level(rank=rank, name=name, label=bool(match["c"]))


def _bare(line: str, prompt: str, end: int) -> _Level | None:
    """Read a short line without marks ("Output format") as a heading.

    Either its words are those of one, or it stands below a blank line and directly above a longer one.
    """
    plain = _PLAIN_HEADING.fullmatch(_closed_up(line))
    if plain is None or not short(plain["name"], words=_NAME_WORDS, han=_NAME_HAN):
        return None
    if not prompt[end:].strip() or (plain["emoji"] and not _heads_marks(plain["emoji"], prompt, end)):
        return None
    known = heading_kind((plain["name"],)) is not None or plain["emoji"]
    if not known and not _stands_over(line, prompt, end):
        return None
    return _Level(rank=_LABEL_RANK, name=plain["name"])


def _heads_marks(emoji: str, prompt: str, end: int) -> bool:
    """Tell a heading with a picture from an item of a list that is marked with pictures."""
    below = prompt[end : end + _BELOW].lstrip()
    before = prompt[max(0, end - _BELOW) : end].rpartition("\n")[0].rstrip().rpartition("\n")[2].lstrip()
    return emoji[0] not in _ITEM_MARKS and not below.startswith(emoji) and not before.startswith(emoji)


def _stands_over(line: str, prompt: str, end: int) -> bool:
    before = prompt[: end - len(line)].rstrip(" \t")
    below = prompt[end : end + _BELOW].lstrip(" \t\r")
    first = below[1:].split("\n", 1)[0].strip() if below.startswith("\n") else ""
    return (not before or before.endswith(("\n\n", "\r\n\r\n"))) and len(first) > len(line.strip())


def _label(name: str, prompt: str, end: int) -> bool:
    """Tell whether a line that ends in a colon heads what follows: something does follow."""
    return short(name, words=_LABEL_WORDS, han=_LABEL_HAN) and bool(prompt[end:].strip())


def _mark(prompt: str, start: int) -> str:
    """Return the mark and indentation of the item that begins at ``start``; empty where none does."""
    item = ITEM.match(prompt, start)
    if item is None:
        return ""
    indentation = prompt[prompt.rfind("\n", 0, start) + 1 : start]
    return indentation + _NUMBER.sub("1", item.group().split()[0])


def _sample_item(prompt: str, line: Line) -> _Level | None:
    """Read an item that says no more than that a sample follows ("3. Example:"), where one does."""
    item = ITEM.match(line.text)
    if item is None or not SAMPLE_LINE.fullmatch(_closed_up(line.text[item.end() :])):
        return None
    mark, following = _mark(prompt, line.start), _NEXT.search(prompt, line.end)
    if not mark or following is None or _mark(prompt, following.start()) == mark:
        return None
    name = line.text[item.end() :].strip(" \t#*[]【】<>:：")
    return _Level(rank=_LABEL_RANK, name=name, sample=True, mark=mark)


def _leave(levels: list[_Level], mark: str) -> None:
    """Leave the sample that an item of the same list heads."""
    if mark and any(level.mark == mark for level in levels):
        while levels.pop().mark != mark:
            pass


def _enter(levels: list[_Level], heading: _Level) -> None:
    if heading.rank != _TAG_RANK:
        while levels and _gives_way(levels[-1], heading):
            levels.pop()
    elif (_TAG_RANK, heading.name) in [(level.rank, level.name) for level in levels]:
        # A tag that opens again was never closed: tags don't hold themselves.
        while levels.pop().name != heading.name:
            pass
    levels.append(heading)


def _gives_way(level: _Level, heading: _Level) -> bool:
    """Tell whether a heading ends the section above it.

    A tag ends by its own end, or by a marked heading where that never comes; a sample holds its own labels.
    """
    if level.rank == _TAG_RANK:
        return not level.shut and heading.rank < _LABEL_RANK
    if level.sample and heading.label and not heading.sample:
        kind = heading_kind((heading.name,))
        return kind is not None and kind[0] not in {"example", "context", "input"}
    return level.rank >= heading.rank


def _closes(levels: list[_Level], line: str) -> bool:
    line = _closed_up(line)
    if _BLOCK_END.fullmatch(line):
        while any(level.sample for level in levels) and levels[-1].rank != _TAG_RANK:
            levels.pop()
        return True
    match = _TAG_CLOSE.fullmatch(line)
    if match is None:
        return False
    names = [level.name for level in levels if level.rank == _TAG_RANK]
    if match["tag"] in names:
        while levels.pop().name != match["tag"]:
            pass
    return True


def _absorb(out: list[Unit], line: Line, lead: int | None) -> tuple[list[Unit], int | None]:
    """Give a closing tag or a rule of dashes to the unit before it, else to the one that follows."""
    if out and lead is None:
        return [*out[:-1], replace(out[-1], tail=line.end)], None
    return out, line.start if lead is None else lead


def _cut(line: Line, path: tuple[str, ...]) -> Iterator[Unit]:
    if FENCE.match(line.text) or line.text.startswith(("{\n", "{{\n", '{"', "{ ", "[{", "|")):
        yield Unit(start=line.start, end=line.end, form="block", path=path, lead=line.start)
        return
    item = ITEM.match(line.text)
    at = item.end() if item else 0
    label = _inline(line.text[at:])
    if item:
        yield Unit(start=line.start + at, end=line.end, form="item", path=path, lead=line.start, label=label)
        return
    for start, end in sentence_spans(line.text):
        begin = line.start + start
        yield Unit(start=begin, end=line.start + end, form="text", path=path, lead=begin, label=label)


def _inline(text: str) -> str:
    """Read the label that a line begins with ("**Length:** …", "语言：…"), which holds for the whole line."""
    match = _INLINE.match(text)
    if match is None or _NO_LABEL.match(match["label"]):
        return ""
    return match["label"] if short(match["label"], words=_NAME_WORDS, han=_NAME_HAN) else ""
