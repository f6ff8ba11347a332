"""Draws cases side by side, as many as the page's budget holds, and says how many it doesn't."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.records import ARMS, DIFFICULTIES
from workbench.report.cases import HELDOUT
from workbench.report.charts import mark
from workbench.report.diff import word_diff
from workbench.report.markup import Html, anchor, element, joined, prose
from workbench.report.model import CASE_STATES
from workbench.report.packing import fit, fit_packed, pack
from workbench.report.words import ARM_MEANINGS, ARM_NAMES, CASE_NAMES, count, named
from workbench.text import excerpt
from workbench.wording import listed, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from workbench.records import Arm
    from workbench.report.model import CaseView, Failure, Output
    from workbench.verdicts import RuleVerdict

_PLAIN = 4  # a part of so many of the page's room goes to cases that are read without its script
_TITLE = 110
_ALIKE = 0.4  # of the longer text: below, a diff is all marks
_HELDOUT_NAME = "held-out calls"
LANGUAGES = {"en": "English", "zh": "中文"}  # each by its own name


def cases_section(cases: Sequence[CaseView], rules: Sequence[RuleVerdict], *, budget: int) -> Html:
    """Draw filters and cases; ``budget`` is in bytes, and the cases that teach most come first.

    The first ones are plain markup within ``noscript``, which a browser that runs the page's script reads as
    one text; the others are packed. So every case can be found, and only those looked at are built.
    """
    places = {rule.id: place for place, rule in enumerate(rules)}
    texts = {rule.id: rule.text for rule in rules}
    # The frame is largest around all cases, so that what is left for cases never proves too much.
    folded = len(f"{_folded(len(cases), 10 * len(cases))}".encode())
    left = budget - folded - len(_framed([], [Html("")], cases, rules, total=10 * len(cases)).encode())
    drawn = [_case(case, places, texts) for case in cases]
    plain = fit(drawn, budget=left // _PLAIN)
    left -= sum(len(view.encode()) for view in drawn[:plain])
    packed = fit_packed(drawn[plain:], budget=left)
    held = plain + packed
    return _framed(drawn[:plain], drawn[plain:held], cases[:held], rules, total=len(cases))


def _framed(
    plain: Sequence[Html],
    packed: Sequence[Html],
    cases: Sequence[CaseView],
    rules: Sequence[RuleVerdict],
    *,
    total: int,
) -> Html:
    held = element("script", Html(pack(packed)), type="text/plain", class_="packed") if packed else None
    return joined(
        [
            _left_out(len(cases), total),
            _folded(len(plain), len(plain) + len(packed)),
            _filters(cases, rules),
            element("p", _key(), class_="quiet"),
            element("noscript", element("ol", *plain, class_="cases"), class_="plain"),
            element("p", _button("earlier"), class_="fold", hidden=True),
            element("ol", class_="cases", hidden=True),
            element("p", _button("later"), class_="fold", hidden=True),
            element("p", say("No case fits these filters."), class_="none", hidden=True),
            held,
        ]
    )


def _button(which: str) -> Html:
    told = say("Show earlier cases") if which == "earlier" else say("Show later cases")
    return element("button", told, type="button", class_=which)


def behaviour_name(behaviour: str) -> str:
    """Name a behaviour; that of held-out calls isn't a suite's."""
    return say(_HELDOUT_NAME) if behaviour == HELDOUT else named(behaviour)


def _key() -> Html:
    """Say what the three columns of a case are."""
    meant = (
        element("span", mark(arm), ARM_NAMES[arm], say(": "), ARM_MEANINGS[arm], class_="key") for arm in ARMS
    )
    return joined([*meant, say("Marked words differ from the teacher's.")])


def _left_out(held: int, total: int) -> Html | None:
    if held == total:
        return None
    said = say(
        "{held} of {total} cases are drawn here, lost ones first, to keep this page light; "
        "the other {others} are in eval/completions.jsonl.",
        held=count(held),
        total=count(total),
        others=count(total - held),
    )
    return element("p", said, class_="notice")


def _folded(plain: int, held: int) -> Html | None:
    """Say what a reader without the page's script misses; the script takes this away."""
    if plain == held:
        return None
    said = say(
        "The first {plain} of {held} cases stand below, lost ones first; the others unfold "
        "where JavaScript runs, and are all in eval/completions.jsonl.",
        plain=count(plain),
        held=count(held),
    )
    return element("p", said, class_="notice folded")


def _filters(cases: Sequence[CaseView], rules: Sequence[RuleVerdict]) -> Html:
    states = Counter(case.state for case in cases)
    outcomes = [(s, f"{CASE_NAMES[s]} ({states[s]})") for s in CASE_STATES if states[s]]
    behaviours = sorted({case.behaviour for case in cases})
    broken = {f.name for case in cases if "after" in case.outputs for f in case.outputs["after"].failed}
    slices = sorted({case.slice for case in cases if case.slice and case.behaviour != HELDOUT})
    hard = [(name, named(name)) for name in _by_difficulty({case.difficulty for case in cases} - {""})]
    tongues = [(code, LANGUAGES.get(code, code)) for code in sorted({case.lang for case in cases} - {""})]
    named_rules = [(str(i), rule.text) for i, rule in enumerate(rules) if rule.id in broken]
    return element(
        "form",
        _select("state", say("Outcome"), outcomes),
        _select("behaviour", say("Suite"), [(name, _capital(behaviour_name(name))) for name in behaviours]),
        _select("slice", say("Slice"), [(name, named(name)) for name in slices]) if len(slices) > 1 else None,
        _select("difficulty", say("Difficulty"), hard) if len(hard) > 1 else None,
        _select("lang", say("Language"), tongues) if len(tongues) > 1 else None,
        _select("rule", say("Broken by the adapter"), [(i, excerpt(t, limit=60)) for i, t in named_rules]),
        element("label", say("Text"), element("input", type="search", name="text", autocomplete="off")),
        element(
            "output", say("{cases} cases", cases=count(len(cases))), class_="found", aria_live="polite",
            data_all=say("{cases} cases"), data_some=say("{found} of {cases} cases"),
        ),
        element(
            "p", element("kbd", "j"), " ", element("kbd", "k"), say(" next, previous · "),
            element("kbd", "Enter"), say(" open · "), element("kbd", "/"), say(" search"), class_="keyboard",
        ),
        class_="filters",
        data_heldout=HELDOUT,
        hidden=True,
        aria_label=say("Filter cases"),
    )  # fmt: skip


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _by_difficulty(found: Collection[str]) -> list[str]:
    """Put known difficulties in their order, then others by name."""
    known = {name: place for place, name in enumerate(DIFFICULTIES)}
    return sorted(found, key=lambda name: (known.get(name, len(known)), name))


def _select(name: str, label: str, options: Sequence[tuple[str, str]]) -> Html:
    choices = (element("option", text, value=value) for value, text in options)
    return element(
        "label", label, element("select", element("option", say("All"), value=""), *choices, name=name)
    )


def _case(case: CaseView, places: Mapping[str, int], texts: Mapping[str, str]) -> Html:
    after = case.outputs.get("after")
    broken = [str(places[f.name]) for f in after.failed if f.name in places] if after else []
    last = case.question.strip().rsplit("\n", 1)[-1]
    summary = element(
        "summary",
        element("span", CASE_NAMES[case.state], class_=f"chip {case.state}"),
        element("span", excerpt(last, limit=_TITLE), class_="title", lang=prose(last), dir="auto"),
        element("span", behaviour_name(case.behaviour), class_="quiet"),
    )
    return element(
        "li",
        element("details", summary, _inside(case, texts)),
        id=f"case-{case.id}",
        data_state=case.state,
        data_behaviour=case.behaviour if case.behaviour != HELDOUT else None,  # most cases: light pages
        data_slice=case.slice if case.behaviour != HELDOUT and case.slice else None,
        data_difficulty=case.difficulty or None,
        data_lang=case.lang or None,
        data_rules=" ".join(broken) or None,
    )


def _inside(case: CaseView, texts: Mapping[str, str]) -> Html:
    teacher = case.outputs.get("teacher")
    twin = element("a", say("its twin"), href=anchor("case", case.twin)) if case.twin else None
    return element(
        "div",
        element(
            "p",
            element("a", case.id, href=anchor("case", case.id)),
            *(f" · {told}" for told in _told(case)),
            " · " if twin else None,
            twin,
            class_="quiet",
        ),
        _text(case.question, "pre asked"),
        element(
            "div",
            *(_output(arm, case.outputs[arm], teacher, texts) for arm in ARMS if arm in case.outputs),
            class_="arms",
        ),
        class_="inside",
    )


def _told(case: CaseView) -> Iterator[str]:
    """Name the slice, difficulty and language that a case of a suite is reported by."""
    if case.slice and case.behaviour != HELDOUT:
        yield case.slice
    if case.difficulty:
        yield named(case.difficulty)
    if case.lang:
        yield LANGUAGES.get(case.lang, case.lang)


def _output(arm: Arm, output: Output, teacher: Output | None, texts: Mapping[str, str]) -> Html:
    return element(
        "section",
        element("h3", ARM_NAMES[arm], class_=arm),
        _answer(output, teacher) if arm == "after" and teacher else _text(output.text, "pre"),
        element("p", _cut(output), class_="notice") if output.finish != "stop" else None,
        _briefly(output) if arm == "before" else _broken(output, texts),
        element("p", _tally(output), class_="quiet"),
    )


def _answer(output: Output, teacher: Output) -> Html:
    if output.text == teacher.text:
        return element("p", say("Word for word as the teacher."), class_="quiet")
    return _changed(teacher.text, output.text)


def _cut(output: Output) -> str:
    return say("Cut at the token limit.") if output.finish == "length" else say("No answer came.")


def _tally(output: Output) -> str:
    counts = (
        (output.passed, say("{n} held", n=output.passed)),
        (len(output.failed), say("{n} broken", n=len(output.failed))),
        (len(output.unscored), say("{unscored} unscored", unscored=len(output.unscored))),
    )
    said = [told for n, told in counts if n]
    return " · ".join([*said, say("{prompt_tokens} prompt tokens", prompt_tokens=output.prompt_tokens)])


def _briefly(output: Output) -> Html | None:
    """Name what the base breaks without its prompt; it is no news that it does, and so not told at length."""
    if not output.failed:
        return None
    return element("p", say("Breaks "), listed([failure.name for failure in output.failed]), class_="breaks")


def _broken(output: Output, texts: Mapping[str, str]) -> Html | None:
    if not output.failed:
        return None
    return element("ul", *(_failure(failure, texts) for failure in output.failed), class_="broken")


def _failure(failure: Failure, texts: Mapping[str, str]) -> Html:
    quoted = say("; ").join(excerpt(piece) for piece in failure.evidence)
    why = " — ".join(part for part in (failure.detail, quoted if quoted != failure.detail else "") if part)
    return element("li", texts.get(failure.name, named(failure.name)), element("small", why) if why else None)


def _text(text: str, class_: str) -> Html:
    if not text:
        return element("p", say("(empty)"), class_="pre quiet")
    return element("p", text, class_=class_, lang=prose(text))


def _changed(old: str, new: str) -> Html:
    """Mark what differs, or show the text alone where so little is shared that marks would hide it."""
    pieces = word_diff(old, new)
    if sum(len(text) for kind, text in pieces if kind == "same") < _ALIKE * max(len(old), len(new)):
        return joined(
            [_text(new, "pre"), element("p", say("Unlike the teacher throughout."), class_="quiet")]
        )
    tags = {"same": None, "added": "ins", "removed": "del"}
    marked = [element(tag, text) if (tag := tags[kind]) else text for kind, text in pieces]
    return element("p", *marked, class_="pre", lang=prose(new))
