"""Makes the probes of a contract's rules from held-out inputs and built-in ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from workbench.checks import compile_contract
from workbench.errors import ConfigError, Finding
from workbench.evaluation.arms import BARE
from workbench.evaluation.probes.wording import (
    BARE_CONTEXT,
    CONDITIONAL,
    LEADS,
    PROBE_LANGUAGES,
    SHAPED,
    TASKS,
    UNTRACED,
    ProbeLanguage,
    counter,
    ordinary,
    questions,
)
from workbench.records import Case, Value
from workbench.text import content_id, language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.checks import AnyCheck
    from workbench.contracts import Contract, Rule
    from workbench.records import Pair

BEHAVIOUR = "probes"
Kind = Literal["follow", "counter", "scope"]
_SHARES = {"follow": 5, "counter": 4, "scope": 3}


class Probed(Value, frozen=True, kw_only=True):
    """How many probes of each kind a rule has, how many on inputs of the user's own, and what lacks."""

    rule: str
    follow: int
    counter: int
    scope: int
    own: int
    note: str = ""


class NotProbed(Value, frozen=True, kw_only=True):
    """A rule without probes, and why."""

    rule: str
    why: str


class ProbeSuite(Value, frozen=True, kw_only=True):
    """The cases, and for every rule what probes it has or why it has none."""

    cases: tuple[Case, ...]
    probed: tuple[Probed, ...]
    not_probed: tuple[NotProbed, ...]


class Probing(Value, frozen=True, kw_only=True):
    """How many probes a rule gets, and in which languages built-in ones are made."""

    per_rule: Annotated[int, Meta(ge=20)] = 24
    languages: tuple[ProbeLanguage, ...] = PROBE_LANGUAGES


@dataclass(frozen=True, kw_only=True)
class _Input:
    """Something to ask: slots, the one to write in, template, what is known of it, and its origin."""

    slots: dict[str, str]
    question: str
    lang: str
    cluster: str
    origin: dict[str, Any]
    template: str | None = None
    reference: str | None = None
    condition: str | None = None


def probe(contract: Contract, held: Sequence[Pair] = (), *, how: Probing | None = None) -> ProbeSuite:
    """Make at least ``per_rule`` probes of every rule of ``contract`` that has a check.

    ``held`` are pairs that no adapter was trained on: their inputs come first, built-in ones fill up.

    - *follow*: inputs on which the rule bears; the rule is to be kept.
    - *counter*: the same kind of input, where the user asks to break the rule. A ``must`` rule is to be kept
      all the same; a ``should`` rule the user may override, and the answer is to do what was asked.
    - *scope*: inputs where the rule has no place: for a rule under a condition, inputs that don't meet it;
      for any other, a task without the prompt. The answer is not to be shaped by the rule.

    The same contract, pairs and settings give the same suite, whatever the order of the pairs.

    Raises:
        ConfigError: a faulty check, or pairs of several tasks, none of which is the contract's.
    """
    how = how or Probing()
    own = _own_task(contract, held)
    ordered = sorted(held, key=lambda pair: content_id("probe", pair.id))
    pairs = [pair for pair in ordered if pair.task == own]
    others = [pair for pair in ordered if pair.task != own]
    cases: list[Case] = []
    probed: list[Probed] = []
    left: list[NotProbed] = []
    for rule, check in compile_contract(contract):
        if check is None:
            left.append(NotProbed(rule=rule.id, why=_why_not(rule)))
            continue
        made = _of_rule(rule, check, pairs, others, how)
        cases += made
        probed.append(_told(rule, check, made, how))
    return ProbeSuite(cases=tuple(cases), probed=tuple(probed), not_probed=tuple(left))


def _why_not(rule: Rule) -> str:
    if rule.check is None:
        return "it has no check: a person has to look"
    return "a judge decides it: workbench judge --contract asks about it"


def _own_task(contract: Contract, held: Sequence[Pair]) -> str:
    """Name the task that the contract is about: pairs of one task alone are, whatever its name."""
    tasks = sorted({pair.task for pair in held})
    if contract.task in tasks or not tasks:
        return contract.task
    if len(tasks) == 1:
        return tasks[0]
    raise ConfigError(
        Finding(
            where=f"the contract's task {contract.task!r}",
            found=f"pairs of the tasks {', '.join(tasks)}",
            expected="pairs of that task among them",
            fix="Give the contract of one of these tasks, or correct `task` in the contract.",
        )
    )


def _of_rule(
    rule: Rule, check: AnyCheck, pairs: Sequence[Pair], others: Sequence[Pair], how: Probing
) -> list[Case]:
    bearing, beside = _bearing(check, pairs)
    follow = [*bearing, *_built(check, pairs, how, tag="follow")]
    counted = [*bearing[::-1], *_built(check, pairs, how, tag="counter")]
    wanted = _numbers(check, how)
    made = [_case(rule, "follow", one, "obey") for one in _spread(follow, wanted["follow"])]
    want = "obey" if rule.severity == "must" else "yield"
    for number, one in enumerate(_spread(counted, wanted["counter"])):
        lead = LEADS[one.lang][number % len(LEADS[one.lang])]
        asked = _capital(lead.format(counter(check, rule.text, one.lang)))
        told = _with(one, _joined(one.slots[one.question], asked, one.lang))
        made.append(_case(rule, "counter", told, want))
    scope = _elsewhere(rule, check, beside, (pairs, others), how)
    made += [_case(rule, "scope", one, "free") for one in _spread(scope, wanted["scope"])]
    return made


def _numbers(check: AnyCheck, how: Probing) -> dict[str, int]:
    """Share the probes of a rule out over the kinds; without a scope the other two get its share."""
    shares = {k: v for k, v in _SHARES.items() if k != "scope" or not isinstance(check, UNTRACED)}
    whole = sum(shares.values())
    wanted = {kind: how.per_rule * share // whole for kind, share in shares.items()}
    wanted["follow"] += how.per_rule - sum(wanted.values())
    return {"scope": 0, **wanted}


def _bearing(check: AnyCheck, pairs: Sequence[Pair]) -> tuple[list[_Input], list[_Input]]:
    """Part held-out inputs into those on which the rule bears, by the logged answer, and the rest."""
    yes: list[_Input] = []
    no: list[_Input] = []
    for pair in pairs:
        if not pair.slots:
            continue
        case = Case(id=pair.id, behaviour=BEHAVIOUR, slots=pair.slot_values, reference=pair.output)
        place = yes if check(case, pair.output).label in {"pass", "fail"} else no
        place.append(_own(pair))
    return yes, no


def _own(pair: Pair) -> _Input:
    return _Input(
        slots=pair.slot_values,
        question=_question(pair),
        lang=_lang(pair.slot_values[_question(pair)]),
        cluster=pair.id,
        template=pair.template_id,
        reference=pair.output,
        origin={"input": "held out", "pair": pair.id, "file": pair.source.file, "line": pair.source.line},
    )


def _built(check: AnyCheck, pairs: Sequence[Pair], how: Probing, *, tag: str) -> list[_Input]:
    """Make built-in inputs on which a rule bears, in the slots of held-out pairs where there are any."""
    found = []
    for lang in how.languages:
        condition, asked = questions(check, lang)
        for number, text in enumerate(sorted(asked, key=lambda one: content_id(tag, one))):
            pair = pairs[number % len(pairs)] if pairs else None
            found.append(_placed(text, pair, lang, condition=condition))
    return sorted(found, key=lambda one: content_id(tag, one.slots[one.question]))


def _placed(text: str, pair: Pair | None, lang: str, *, condition: str | None, bare: bool = False) -> _Input:
    origin: dict[str, Any] = {"input": "built in"}
    if pair is None or not pair.slots:
        slots, question, template = {"context": BARE_CONTEXT[lang], "question": text}, "question", None
    else:
        question, template = _question(pair), pair.template_id
        slots = {slot.name: slot.value for slot in pair.slots} | {question: text}
        if bare or condition == "unanswerable":
            slots |= {slot.name: BARE_CONTEXT[lang] for slot in pair.slots if slot.type == "context"}
        origin["slots_of"] = pair.id
    return _Input(
        slots=slots,
        question=question,
        lang=lang,
        cluster=content_id("built in", text),
        template=template,
        condition=condition or "none",
        origin=origin,
    )


def _elsewhere(
    rule: Rule,
    check: AnyCheck,
    beside: Sequence[_Input],
    pairs: tuple[Sequence[Pair], Sequence[Pair]],
    how: Probing,
) -> list[_Input]:
    """Find inputs where the rule has no place; ``pairs`` are those of its task and those of other tasks."""
    own_task, others = pairs
    if isinstance(check, CONDITIONAL):
        plain = [(lang, text) for lang in how.languages for text in ordinary(lang)]
        pair = own_task[0] if own_task else None
        built = [_placed(text, pair, lang, condition=None, bare=True) for lang, text in plain]
        return [*beside, *sorted(built, key=lambda one: content_id("scope", one.slots[one.question]))]
    away = [_own(pair) for pair in others if pair.slots]
    for lang in how.languages:
        for number, task in enumerate(sorted(TASKS[lang], key=lambda one: content_id("scope", one))):
            asked = task
            if not isinstance(check, SHAPED):
                lead = LEADS[lang][number % len(LEADS[lang])]
                said = _capital(lead.format(counter(check, rule.text, lang)))
                asked = _joined(task, said, lang)
            away.append(
                _Input(
                    slots={"question": asked},
                    question="question",
                    lang=lang,
                    cluster=content_id("task", task),
                    template=BARE,
                    origin={"input": "built in", "task": task},
                )
            )
    own = [one for one in away if one.template != BARE] if isinstance(check, SHAPED) else []
    bare = [one for one in away if one.template == BARE]
    return [*own, *sorted(bare, key=lambda one: content_id("scope", one.cluster))]


def _spread(inputs: Sequence[_Input], count: int) -> list[_Input]:
    """Take ``count`` inputs: own ones first, and of those in turns over what they ask."""
    order: dict[str, int] = {}
    seen: dict[str, int] = {}
    for one in inputs:
        key = f"{one.cluster} {one.slots[one.question]}"
        if key not in order:
            asked = one.slots[one.question] if one.origin["input"] == "held out" else ""
            order[key] = seen.get(asked, 0)
            seen[asked] = order[key] + 1 if asked else 0
    unique = {f"{one.cluster} {one.slots[one.question]}": one for one in reversed(inputs)}
    keys = [key for key in order if key in unique]
    own = [key for key in keys if unique[key].origin["input"] == "held out"]
    built = [key for key in keys if unique[key].origin["input"] != "held out"]
    ranked = [*sorted(own, key=lambda key: order[key]), *built]
    return [unique[key] for key in ranked[:count]]


def _case(rule: Rule, kind: Kind, one: _Input, want: str) -> Case:
    expect: dict[str, Any] = {"rule": rule.id, "probe": kind, "want": want, "check": rule.check}
    if one.template is not None:
        expect["template"] = one.template
    if one.condition is not None:
        expect["condition"] = one.condition
    asked = [part for name in sorted(one.slots) for part in (name, one.slots[name])]
    return Case(
        id=f"{rule.id}-{kind}-{content_id(rule.id, kind, one.template or '', *asked)}",
        behaviour=BEHAVIOUR,
        slots=one.slots,
        lang=one.lang,
        slice=kind,
        cluster=one.cluster,
        reference=one.reference,
        expect={**expect, "from": one.origin},
    )


def _told(rule: Rule, check: AnyCheck, made: Sequence[Case], how: Probing) -> Probed:
    counts = {kind: sum(case.slice == kind for case in made) for kind in _SHARES}
    notes = []
    if isinstance(check, UNTRACED):
        notes.append("no scope probes: outside its place the rule leaves no trace that could be told")
    if len(made) < how.per_rule:
        notes.append(f"{len(made)} of {how.per_rule} probes: there are no more inputs")
    own = sum(case.expect["from"]["input"] == "held out" for case in made)
    return Probed(rule=rule.id, **counts, own=own, note="; ".join(notes))


def _with(one: _Input, text: str) -> _Input:
    return replace(one, slots={**one.slots, one.question: text})


def _question(pair: Pair) -> str:
    asked = [slot.name for slot in pair.slots if slot.type == "question"]
    return asked[-1] if asked else pair.slots[-1].name


def _lang(text: str) -> str:
    return "zh" if language(text)[0] == "zh" else "en"


def _joined(text: str, wish: str, lang: str) -> str:
    return f"{text}{wish}。" if lang == "zh" else f"{text} {wish}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
