"""Reads a prompt into its contract: its parts, and one rule a demand with the check that decides it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from workbench.checks import encode_check
from workbench.contracts import Contract, Rule, RuleSource, Severity, Span, SpanKind
from workbench.convert.compile import compile_text, continues, joined
from workbench.convert.compile_shape import JsonShape, read_shape, shape_rule, speaks_of_shape, tags_of
from workbench.convert.compile_text import Demand, Shape
from workbench.convert.segment import Part, classified, merge

_SILENT: frozenset[SpanKind] = frozenset({"role", "fact", "example", "context", "input"})
_BINDS: frozenset[SpanKind] = frozenset(
    {"format", "grounding", "safety", "neutrality", "style", "length", "language"}
)
_SHOULD = re.compile(
    r"\b(?:try to|prefer(?:ably)?|if possible|ideally|where possible|when possible|should generally)\b|尽量|"
    r"尽可能|最好|建议",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"\b(?:answer|reply|write|respond|output|return|label|classify|include|begin|end|never|always|must|"
    r"do not|don't)\b|回答|回复|输出|必须|不得|不要|禁止|务必|返回",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """A prompt taken apart: spans that tile it, and the contract read from it."""

    spans: tuple[Span, ...]
    contract: Contract


def infer_contract(prompt: str, *, template_id: str, task: str) -> Contract:
    """Read the rules of ``prompt``."""
    return infer(prompt, template_id=template_id, task=task).contract


def infer(prompt: str, *, template_id: str, task: str) -> Inferred:
    """Read the parts and rules of ``prompt``; offsets are characters of it."""
    parts = classified(prompt)
    drafts = tuple(_drafts(prompt, parts))
    rules = tuple(
        Rule(
            id=name,
            text=prompt[slice(*draft.span)],
            kind=draft.kind,
            source=RuleSource(template=template_id, span=draft.span),
            check=None if draft.check is None else encode_check(draft.check),
            severity=_severity(prompt[slice(*draft.span)]),
        )
        for name, draft in zip(_names(drafts), drafts, strict=True)
    )
    return Inferred(spans=merge(parts), contract=Contract(task=task, rules=rules))


def _drafts(prompt: str, parts: tuple[Part, ...]) -> list[Demand]:
    speaking = _joined(prompt, [part for part in parts if part.kind not in {"example", "input"}])
    texts = [part.unit.text(prompt) for part in speaking]
    json_shape, shape = read_shape(texts)
    tags = tags_of(texts)
    out: list[Demand] = []
    shaped: tuple[int, int] | None = None
    for part, text in zip(speaking, texts, strict=True):
        if speaks_of_shape(text, json_shape):
            shaped = shaped or (part.unit.start, part.unit.end)
            continue
        out.extend(_of_part(part, text, shape, tags))
    if json_shape is not None and shaped is not None:
        out = _with_shape(out, json_shape, shaped)
    return _once(prompt, out)


def _joined(prompt: str, parts: list[Part]) -> list[Part]:
    """Join a sentence of a paragraph that only says how to react with the one before, which says when."""
    out: list[Part] = []
    for part in parts:
        last = out[-1] if out else None
        if (
            last
            and _one_line(prompt, last, part)
            and continues(last.unit.text(prompt), part.unit.text(prompt))
        ):
            out[-1] = replace(last, unit=replace(last.unit, end=part.unit.end))
        else:
            out.append(part)
    return out


def _one_line(prompt: str, first: Part, second: Part) -> bool:
    return (
        first.unit.form == second.unit.form == "text"
        and "\n" not in prompt[first.unit.end : second.unit.start]
    )


def _of_part(part: Part, text: str, shape: Shape, tags: tuple[str, ...]) -> list[Demand]:
    at = part.unit.start
    # Where a part that gives no rules speaks of the answer all the same, the demand is not lost.
    speaks = part.kind not in _SILENT or (part.kind != "example" and _OUTPUT.search(text) is not None)
    found = compile_text(text, shape, tags=tags) if speaks else ()
    out = [replace(demand, span=(demand.span[0] + at, demand.span[1] + at)) for demand in found]
    if part.kind in _SILENT or part.unit.form == "block":
        return out
    covered = {demand.span[0] for demand in out}
    for start, end in joined(text):
        if start + at not in covered and _is_rule(part.kind, text[start:end]):
            out.append(
                Demand(kind=part.kind, slug=_slug(text[start:end]), check=None, span=(start + at, end + at))
            )
    return sorted(out, key=lambda demand: demand.span)


def _is_rule(kind: SpanKind, text: str) -> bool:
    """Tell a demand on the answer from a step of work or a lead-in."""
    if text.rstrip().endswith((":", "：")):
        return False
    return kind in _BINDS or (_OUTPUT.search(text) is not None and kind == "procedure" and _must(text))


def _must(text: str) -> bool:
    return (
        re.search(
            r"\b(?:must|never|always|do not|don't|include)\b|必须|不得|不要|禁止|务必", text, re.IGNORECASE
        )
        is not None
    )


def _with_shape(drafts: list[Demand], shape: JsonShape, span: tuple[int, int]) -> list[Demand]:
    return sorted([*drafts, shape_rule(shape, span)], key=lambda demand: demand.span)


def _once(prompt: str, drafts: list[Demand]) -> list[Demand]:
    """Keep a repeated demand once."""
    seen, out = set[object](), list[Demand]()
    for draft in drafts:
        mark = prompt[slice(*draft.span)].casefold() if draft.check is None else draft.check.key
        if mark not in seen:
            seen.add(mark)
            out.append(draft)
    return out


def _names(drafts: tuple[Demand, ...]) -> list[str]:
    """Name every draft by its slug, numbered from the second of one slug on."""
    seen: dict[str, int] = {}
    out = []
    for draft in drafts:
        seen[draft.slug] = seen.get(draft.slug, 0) + 1
        out.append(draft.slug if seen[draft.slug] == 1 else f"{draft.slug}-{seen[draft.slug]}")
    return out


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]{1,8}", text.casefold())
    return "-".join(words[:5])[:48] or "rule"


def _severity(text: str) -> Severity:
    return "should" if _SHOULD.search(text) else "must"
