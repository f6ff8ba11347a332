"""Renders pairs into the rows that are trained, and lists every row that can't be: none is cut silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError, ModelError, UserError
from workbench.io.frames import frame_to_pairs
from workbench.rendering import IGNORE, Example

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from workbench.records import Messages, Pair
    from workbench.rendering import Renderer
    from workbench.training.spec import Sft

    LongPrompt = Callable[[Pair], Messages]

_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is trained, and what was left out: ``{"id", "reason", "tokens"}`` each.

    ``ids`` names the pair behind each example (a chat whose template rewrites earlier turns gives several);
    ``teachers`` are the same answers under the long prompt, one for each example, or none; ``flagged`` names
    rows with control tokens in their prompt; ``findings`` are the rows that can't be trained.
    """

    examples: list[Example] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    teachers: list[Example] = field(default_factory=list)
    flagged: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """All tokens, prompts included."""
        return sum(len(example.input_ids) for example in self.examples)

    @property
    def trained(self) -> int:
        """Tokens with a label."""
        return sum(example.trained for example in self.examples)


def collect(
    frame: pl.DataFrame,
    spec: Sft,
    *,
    renderer: Renderer,
    context: int,
    part: str,
    long: LongPrompt | None = None,
) -> Rows:
    """Render every pair of ``frame`` (``PAIR_SCHEMA``); ``context`` is the base's longest row in tokens.

    ``long`` gives the long prompt of a pair, where there is a teacher. Rows that have nothing to learn, hold
    control tokens in their answer, that the template refuses, or that are too long while ``overlong`` is
    ``error`` become ``findings``.
    """
    limit = min(context, spec.max_length or context)
    rows = Rows()
    last = spec.turns == "last"
    for pair in frame_to_pairs(frame):
        prompt, answers = _learned(pair.prompt, pair, spec)
        try:
            examples = renderer.examples(prompt, answers, last=last)
            teachers = renderer.examples(*_learned(long(pair), pair, spec), last=last) if long else []
        except ModelError as error:
            rows.findings.extend(f for f in error.findings if f not in rows.findings)
            continue
        fault = _fault(pair, answers, examples, renderer, part) or _unlike(pair, examples, teachers, part)
        if fault:
            rows.findings.append(fault)
        else:
            _place(rows, pair, (examples, teachers), spec=spec, limits=(limit, context), part=part)
        tokens = _control_tokens(renderer, prompt)
        if tokens:
            rows.flagged.append({"id": pair.id, "tokens": tokens})
    return rows


def _learned(prompt: Messages, pair: Pair, spec: Sft) -> tuple[Messages, Messages]:
    """Part a pair under ``prompt`` into what is given and the turns whose answers are learned."""
    if spec.turns != "chat":
        return prompt, pair.completion
    first = next((i for i, message in enumerate(prompt) if message.role == "assistant"), len(prompt))
    return prompt[:first], (*prompt[first:], *pair.completion)


def _place(
    rows: Rows,
    pair: Pair,
    rendered: tuple[list[Example], list[Example]],
    *,
    spec: Sft,
    limits: tuple[int, int],
    part: str,
) -> None:
    """Take what fits, and drop, split or report what doesn't."""
    examples, teachers = rendered
    for number, example in enumerate(examples):
        teacher = teachers[number] if teachers else None
        size, limit = len(example.input_ids), limits[0]
        if teacher and size <= limit and len(teacher.input_ids) > limits[1]:
            size, limit = len(teacher.input_ids), limits[1]
        if size <= limit:
            _take(rows, pair, example, teacher)
            continue
        if spec.overlong == "error":
            rows.findings.append(_overlong(pair, size, limit, part))
            continue
        kept = _first_turns(example, limit) if spec.overlong == "split" else None
        reason = f"longer than {limit} tokens"
        if kept:
            _take(rows, pair, kept, _cut_alike(teacher, kept))
            reason = f"later turns {reason}; the first {len(kept.input_ids)} tokens are trained"
        rows.dropped.append({"id": pair.id, "reason": reason, "tokens": size})


def _take(rows: Rows, pair: Pair, example: Example, teacher: Example | None) -> None:
    rows.examples.append(example)
    rows.ids.append(pair.id)
    if teacher:
        rows.teachers.append(teacher)


def _first_turns(example: Example, limit: int) -> Example | None:
    """Return the longest beginning that ends with a whole answer and fits, or ``None``."""
    labels = example.labels
    ends = [
        i + 1
        for i, label in enumerate(labels)
        if label != IGNORE and (i + 1 == len(labels) or labels[i + 1] == IGNORE)
    ]
    end = max((end for end in ends if end <= limit), default=0)
    return Example(input_ids=example.input_ids[:end], labels=labels[:end]) if end else None


def _cut_alike(teacher: Example | None, kept: Example) -> Example | None:
    """Cut the teacher's row after as many labels as the student's has left."""
    if teacher is None:
        return None
    places = [i for i, label in enumerate(teacher.labels) if label != IGNORE]
    end = places[kept.trained - 1] + 1
    return Example(input_ids=teacher.input_ids[:end], labels=teacher.labels[:end])


def _control_tokens(renderer: Renderer, messages: Messages) -> list[str]:
    return sorted({token for message in messages for token in renderer.control_tokens(message.content)})


def _answers(examples: Sequence[Example]) -> list[list[int]]:
    return [[label for label in example.labels if label != IGNORE] for example in examples]


def _unlike(pair: Pair, examples: list[Example], teachers: list[Example], part: str) -> Finding | None:
    """Say where the template writes an answer otherwise under the long prompt than under the compact one."""
    if not teachers or _answers(examples) == _answers(teachers):
        return None
    return Finding(
        where=f"{part} row {pair.id} ({pair.source.file}:{pair.source.line})",
        found="an answer that has other tokens under the long prompt than under the compact one",
        expected="the same answer, so that teacher and student can be compared token by token",
        fix="Use --objective sft, or correct the base's chat template.",
    )


def _fault(
    pair: Pair, answers: Messages, examples: list[Example], renderer: Renderer, part: str
) -> Finding | None:
    where = f"{part} row {pair.id} ({pair.source.file}:{pair.source.line})"
    if not any(example.trained for example in examples):
        return Finding(
            where=where,
            found="a completion without an assistant turn",
            expected="at least one token to learn",
            fix="Leave the row out; `workbench convert` does.",
        )
    tokens = _control_tokens(renderer, answers)
    if tokens:
        return Finding(
            where=where,
            found=f"control tokens in the answer ({', '.join(tokens)})",
            expected="plain text; the model would learn to end or switch turns there",
            fix="Remove them from the answer, or leave the row out.",
        )
    return None


def _overlong(pair: Pair, size: int, limit: int, part: str) -> Finding:
    return Finding(
        where=f"{part} row {pair.id} ({pair.source.file}:{pair.source.line})",
        found=f"{size} tokens",
        expected=f"at most {limit}",
        fix="Pass --on-overlong drop to leave such rows out (split keeps the turns that fit), or raise "
        "max_length up to the base's context.",
    )


def refusal(findings: Sequence[Finding]) -> UserError:
    """Return the error for rows that can't be trained: what the template does wrong, or the first 20 rows."""
    template = [f for f in findings if f.where.startswith("the chat template")]
    if template:
        return ModelError(template[:1])
    if len(findings) <= _LISTED:
        return InputError(findings)
    rest = Finding(
        where="the data",
        found=f"{len(findings) - _LISTED} more such rows",
        expected="none",
        fix="The rows above are the first of them.",
    )
    return InputError([*findings[:_LISTED], rest])
