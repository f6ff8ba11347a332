"""Describes the units of a prompt for the model that tells their kinds: wording, headings, form and place."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.convert.compile_text import unquoted
from workbench.convert.segment_cues import scores
from workbench.convert.segment_headings import (
    DIALOGUE,
    FACT_NAMES,
    SLOT,
    heading_kind,
    heading_words,
    slot_kind,
)
from workbench.convert.segment_units import Unit, short
from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contracts import SpanKind

# Cues and headings are weighed from 0 to about 9; features are best of about 1.
_CUE, _HEADING = 4.0, 4.0
_TABLES = re.compile(r"\bcreate (?:table|view)\b", re.IGNORECASE)
_BOLD = re.compile(r"\s*\*\*[^*\n]{1,60}\*\*\s*")
_ELLIPSIS = re.compile(r"[:：]\s*(?:…|\.\.\.|_{2,}|<[^<>]+>|\[[^\]]+\])\s*$")
_MARKUP = re.compile(r"\s*<[^<>]+>\s*")
_SPEAKERS = 2
_LABEL_WORDS, _LABEL_CHARACTERS = 6, 24
_GIVEN = re.compile(
    r"question|query|input|context|history|document|passage|text|message|data|问题|输入|资料|上下文|文本",
    re.IGNORECASE,
)
_AFTER_SAMPLES = re.compile(r"\b(?:following|now|below|begin)\b|现在|下面|以下|开始", re.IGNORECASE)
_JUDGED = re.compile(r"answer|response|candidate|output_[ab]|reply_|答案|回答|回复", re.IGNORECASE)
_MARKS = " :：\"'`<>/\n-*#、,，.。()（）"
_EARLY, _LATE = 0.2, 0.85
_SHORT_WORDS, _SHORT_HAN = 3, 5
_QUOTE, _DIGIT = re.compile(r"[\"“「]"), re.compile(r"\d")
_COLON = (":", "：")


@dataclass(kw_only=True)
class Features:
    """What is known of one unit.

    ``text`` is its wording, ``above`` that of the line with a colon that leads to it, ``heading`` and
    ``outer`` the innermost and the next heading it stands under (each empty where there is none);
    ``named`` are further features by name; ``bond`` says how close it stands to the unit before it.
    """

    text: str = ""
    above: str = ""
    heading: str = ""
    outer: str = ""
    named: dict[str, float] = field(default_factory=dict)
    bond: str = "start"


def features(prompt: str, cut: Sequence[Unit]) -> list[Features]:
    """Describe each unit of ``prompt``."""
    texts = [unit.text(prompt) for unit in cut]
    if len(cut) == 1 and cut[0].form == "text" and not cut[0].path and not SLOT.search(texts[0]):
        return [of_sentence(texts[0])]
    alone = len({match.group() for text in texts for match in SLOT.finditer(text)}) == 1
    judged = any(_JUDGED.search(match.group()) for text in texts for match in SLOT.finditer(text))
    leads = _leads(prompt, cut, texts)
    out: list[Features] = []
    for i, (unit, text) in enumerate(zip(cut, texts, strict=True)):
        found = _texts(unit, text, texts[leads[i]] if leads[i] >= 0 else "")
        found.bond = _bond(prompt, cut, texts, i)
        _wording(found, unit, text)
        _heads(found, unit)
        _place(found, unit, i, len(cut))
        _form(found, unit, text)
        _sample(found, prompt, cut, i)
        _slots(found, unit, text, alone=alone, judged=judged)
        out.append(found)
    _among(out, cut, texts)
    return out


def _texts(unit: Unit, text: str, above: str) -> Features:
    """Describe a unit by what is read of it word by word."""
    path = [heading_words(name) for name in unit.path[-2:]]
    return Features(
        text="" if unit.form == "block" else text,
        above=above,
        heading=path[-1] if path else "",
        outer=path[0] if len(path) > 1 else "",
    )


def _among(found: list[Features], cut: Sequence[Unit], texts: Sequence[str]) -> None:
    """Describe what a unit is among the others: the last slot, a turn of a dialogue, part of a shape."""
    slots = [i for i, text in enumerate(texts) if SLOT.search(text)]
    if slots:
        found[slots[-1]].named["last slot"] = 1.0
    for i in _turns(cut, texts):
        found[i].named["turn"] = 1.0
    often = Counter(unit.label for unit in cut if unit.label)
    for unit, one in zip(cut, found, strict=True):
        if often[unit.label] > _SPEAKERS and "turn" not in one.named:
            one.named["recurring label"] = 1.0
    shown = _shown(cut, texts)
    for i in shown:
        found[i].named["shown"] = 1.0
    for i in shown & set(slots):
        found[i].named["shown slot"] = 1.0


def of_sentence(text: str) -> Features:
    """Describe a sentence that stands in no prompt."""
    named = {f"cue {kind}": weight / _CUE for kind, weight in scores(unquoted(text)).items()}
    return Features(text=text, named={"isolated": 1.0, **named})


def of_heading(name: str) -> Features:
    """Describe a heading that stands in no prompt."""
    return Features(heading=heading_words(name), named={"isolated heading": 1.0})


def _wording(found: Features, unit: Unit, text: str) -> None:
    if unit.form != "block" and not _is_field(unit):
        for kind, weight in scores(unquoted(text)).items():
            found.named[f"cue {kind}"] = weight / _CUE
    if found.above:
        headed = heading_kind((found.above,)) if short(found.above, words=5, han=10) else None
        if headed is not None:
            found.named[f"label {headed[0]}"] = headed[1] / _HEADING
        for kind, weight in scores(unquoted(found.above)).items():
            found.named[f"above {kind}"] = weight / _CUE


def _heads(found: Features, unit: Unit) -> None:
    label = heading_kind((unit.label,)) if unit.label else None
    if label is not None and not _is_field(unit):
        found.named[f"label {label[0]}"] = label[1] / _HEADING
    for depth, name in enumerate(reversed(unit.path[-3:])):
        headed = heading_kind((name,))
        if headed is not None:
            at = "heading" if depth == 0 else "outer"
            found.named[f"{at} {headed[0]}"] = headed[1] / _HEADING
    if unit.path and "heading" not in " ".join(found.named):
        for kind, weight in scores(unit.path[-1]).items():
            found.named[f"title {kind}"] = weight / _CUE


def _place(found: Features, unit: Unit, i: int, n: int) -> None:
    named = found.named
    if i == 0:
        named["first"] = 1.0
        named[f"first {unit.form}"] = 1.0
        if unit.path:
            named["first headed"] = 1.0
    if i == 1:
        named["second"] = 1.0
    if i == n - 1:
        named["last"] = 1.0
    share = i / n
    if share < _EARLY:
        named["early"] = 1.0
    if share > _LATE:
        named["late"] = 1.0


def _form(found: Features, unit: Unit, text: str) -> None:
    tells = {
        "always": True,
        f"is {unit.form}": True,
        "headed" if unit.path else "bare": True,
        "opens section": unit.lead < unit.start and unit.form == "text",
        "labelled": unit.label != "",
        "asks": text.rstrip().endswith(("?", "？")),
        "colon": text.rstrip().endswith(_COLON),
        "bold": _BOLD.fullmatch(text) is not None,
        "tag alone": _MARKUP.fullmatch(text) is not None,
        "blank to fill": _ELLIPSIS.search(text) is not None,
        "holds slot": SLOT.search(text) is not None,
        "han": has_han(text),
        "quotes": _QUOTE.search(text) is not None,
        "code": "`" in text,
        "digit": _DIGIT.search(text) is not None,
        "short": short(text, words=_SHORT_WORDS, han=_SHORT_HAN),
    }
    if unit.form == "block":
        shape = "tables" if _TABLES.search(text) else "braces" if text.startswith(("{", "[")) else "fence"
        tells |= {shape: True, "block slot": tells["holds slot"]}
    found.named.update({name: 1.0 for name, holds in tells.items() if holds})


def _leads(prompt: str, cut: Sequence[Unit], texts: Sequence[str]) -> list[int]:
    """Find for each unit the line that leads to it, or -1: it leads to items and to what follows it."""
    out: list[int] = []
    lead, nested = -1, (-1, -1)
    for i, (unit, text) in enumerate(zip(cut, texts, strict=True)):
        if (unit.lead < unit.start and unit.form == "text") or (i and unit.path != cut[i - 1].path):
            lead, nested = -1, (-1, -1)
        opens = _opens(text)
        if unit.form == "item":
            depth = _depth(prompt, unit)
            inner = nested[1] if nested[1] >= 0 and depth > nested[0] else -1
            out.append(inner if inner >= 0 else lead)
            if inner < 0:
                nested = (depth, i) if opens else (-1, -1)
            continue
        out.append(lead if lead == i - 1 or unit.form == "block" else -1)
        lead, nested = (i if opens else -1), (-1, -1)
    return out


def _opens(text: str) -> bool:
    """Tell a line that leads to what follows: it ends in a colon, or is bold as a whole."""
    return text.rstrip().endswith(_COLON) or _BOLD.fullmatch(text) is not None


def _depth(prompt: str, unit: Unit) -> int:
    """Return how far a list item is set in, in characters."""
    return unit.lead - (prompt.rfind("\n", 0, unit.lead) + 1)


def _shown(cut: Sequence[Unit], texts: Sequence[str]) -> set[int]:
    """Find what a line on the format shows: what stands below it up to the next prose."""
    out: set[int] = set()
    shown = False
    for i, text in enumerate(texts):
        found = scores(unquoted(text)) if cut[i].form != "block" else {}
        opens = text.rstrip().endswith(_COLON)
        starts = opens and bool(found) and max(found, key=lambda kind: found[kind]) == "format"
        if shown:
            out.add(i)
        markup = _MARKUP.fullmatch(text) is not None or SLOT.search(text) is not None
        shown = starts or (shown and markup)
    return out


def _is_field(unit: Unit) -> bool:
    """Tell a field of the output ("- voice: who spoke"), whose words say nothing of its kind."""
    heading = heading_kind(unit.path) if unit.label and unit.form == "item" else None
    return heading is not None and heading[0] == "format"


def _sample(found: Features, prompt: str, cut: Sequence[Unit], i: int) -> None:
    """Describe where a unit stands in worked samples."""
    unit, text = cut[i], cut[i].text(prompt)
    names = [name for name in (*unit.path, unit.label) if name]
    if not any(_is_example(name) for name in names):
        return
    named = found.named
    headed = heading_kind(unit.path)
    inner = _is_example(unit.label) or (headed is not None and headed[0] == "example")
    named["in sample" if inner else "in outer sample"] = 1.0
    named[f"in sample {unit.form}"] = 1.0
    gap = prompt[cut[i - 1].stop : unit.lead] if i else ""
    if gap.count("\n") > 1 and unit.form == "text" and not _is_turn(unit, text) and not unit.label:
        named["after sample"] = 1.0
        if _AFTER_SAMPLES.search(text):
            named["leaves sample"] = 1.0


def _is_example(name: str) -> bool:
    found = heading_kind((name,))
    return found is not None and found[0] == "example"


def _turns(cut: Sequence[Unit], texts: Sequence[str]) -> set[int]:
    """Find turns of dialogues: two that follow each other, or two labels that take turns."""
    named = [_is_turn(unit, text) for unit, text in zip(cut, texts, strict=True)]
    out = {
        i
        for i, is_turn in enumerate(named)
        if is_turn and any(named[max(0, i - 1) : i] + named[i + 1 : i + 2])
    }
    run: list[int] = []
    speakers: set[str] = set()
    for i, unit in enumerate(cut):
        if not unit.label or (run and unit.path != cut[run[-1]].path):
            out |= _taking_turns(cut, run)
            run, speakers = [], set()
        if not unit.label:
            continue
        if len(speakers | {unit.label}) > _SPEAKERS:
            out |= _taking_turns(cut, run)
            run = _last_said(cut, run)
            speakers = {cut[run[-1]].label}
        run.append(i)
        speakers.add(unit.label)
    return out | _taking_turns(cut, run)


def _last_said(cut: Sequence[Unit], run: list[int]) -> list[int]:
    """Return the end of ``run`` that is under one label."""
    label, at = cut[run[-1]].label, len(run)
    while at and cut[run[at - 1]].label == label:
        at -= 1
    return run[at:]


def _taking_turns(cut: Sequence[Unit], run: list[int]) -> set[int]:
    said = [name for name, _ in groupby(cut[i].label for i in run)]
    return set(run) if len(set(said)) == _SPEAKERS and len(said) > _SPEAKERS else set()


def _is_turn(unit: Unit, text: str) -> bool:
    speaks = DIALOGUE.match(text) or (unit.label and DIALOGUE.match(f"{unit.label}:"))
    return bool(speaks) and SLOT.search(text) is None


def _slots(found: Features, unit: Unit, text: str, *, alone: bool, judged: bool) -> None:
    """Describe a unit that is a slot, alone or behind a label, or a sentence that holds one."""
    matches = list(SLOT.finditer(text))
    # A lead-in may name a placeholder ("{x} stands for …:") and is no slot for it.
    if not matches or text.rstrip().endswith(_COLON):
        return
    rest = SLOT.sub("", text).strip(_MARKS)
    if not short(rest, words=_LABEL_WORDS, han=_LABEL_CHARACTERS):
        return
    before, after = text[: matches[0].start()], text[matches[-1].end() :].strip(_MARKS)
    label = not after and (not before.strip(_MARKS) or before.rstrip(" \n\"'`<*").endswith(_COLON))
    names = [name for match in matches for name in match.groups() if name]
    kind = _slot_kind(names, rest, unit, alone=alone)
    found.named[f"{kind} {'slot' if label else 'sentence slot'}"] = 1.0
    if judged and kind == "input":
        found.named["judged input"] = 1.0


def _slot_kind(names: list[str], rest: str, unit: Unit, *, alone: bool) -> SpanKind:
    headed = heading_kind(unit.path[-1:])
    if headed is not None and headed[0] == "format" and not any(_GIVEN.search(name) for name in names):
        return "format"
    kind = slot_kind([*names, *([rest] if rest else [])], unit.path, alone=alone)
    dated = names and all(FACT_NAMES.search(name) for name in names)
    return "fact" if rest and (dated or (kind == "context" and "fact" in scores(rest))) else kind


def _bond(prompt: str, cut: Sequence[Unit], texts: Sequence[str], i: int) -> str:
    """Name how closely a unit stands to the one before it."""
    if not i:
        return "start"
    first, second = cut[i - 1], cut[i]
    gap = prompt[first.stop : second.lead]
    if "\n" not in gap and second.lead == second.start:
        close = "line"
    elif first.path != second.path:
        close = "elsewhere"
    else:
        close = "block" if gap.count("\n") == 1 else "section"
    if second.form == first.form == "item" and close != "elsewhere":
        close = f"{close} items"
    return f"{close} colon" if _opens(texts[i - 1]) else close
