"""What a report knows, as one typed value: built once from a run directory, drawn by several faces."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from workbench.records import Arm, Value
from workbench.verdicts import Verdicts  # noqa: TC001 - msgspec reads it

CaseState = Literal["kept", "lost", "gained", "failed", "unscored"]
CASE_STATES: tuple[CaseState, ...] = ("lost", "failed", "gained", "kept", "unscored")


class Failure(Value, frozen=True, kw_only=True):
    """A rule or behaviour that an output broke: its name, why, and the pieces of text that show it."""

    name: str
    detail: str = ""
    evidence: tuple[str, ...] = ()


class Output(Value, frozen=True, kw_only=True):
    """One arm's answer to a case; ``passed`` counts judgments held, ``unscored`` those not to be made."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: str
    passed: int = 0
    failed: tuple[Failure, ...] = ()
    unscored: tuple[str, ...] = ()


class CaseView(Value, frozen=True, kw_only=True):
    """One case side by side.

    ``state``: kept (teacher and after hold every judgment), lost (teacher does, after doesn't), gained (the
    other way round), failed (neither does), unscored (teacher or after has no judgment).
    """

    id: str
    behaviour: str
    question: str
    state: CaseState
    slice: str = ""
    difficulty: str = ""
    lang: str = ""
    twin: str | None = None
    outputs: dict[Arm, Output]


class Dropped(Value, frozen=True, kw_only=True):
    """Rows that went at a step for one reason; ``rules`` counts them by rule, and a row may break several."""

    step: str
    reason: str
    rows: int
    rules: dict[str, int]


class Funnel(Value, frozen=True, kw_only=True):
    """Rows from the log to the parts; a count is ``None`` where its stage left no summary.

    ``likeness`` is the greatest Jaccard similarity of two rows in different parts, searched from ``floor``
    on: 0 where none was found, ``None`` where nobody looked. ``selection`` is what the selection to a budget
    noted, its curve of marginal value among it.
    """

    records: int | None
    rejected: dict[str, int]
    pairs: int | None
    dropped: tuple[Dropped, ...]
    kept: int | None
    parts: dict[str, int]
    likeness: float | None = None
    floor: float = 0.0
    selection: dict[str, Any] | None = None


class Point(Value, frozen=True, kw_only=True):
    """A logged loss, nats a token."""

    step: float
    loss: float


class Training(Value, frozen=True, kw_only=True):
    """The loss over steps, and what ``summary.json`` and ``parity.json`` of the training say."""

    train: tuple[Point, ...]
    valid: tuple[Point, ...]
    figures: dict[str, Any]
    parity: dict[str, Any] | None


class Passage(Value, frozen=True, kw_only=True):
    """A piece of the prompt; ``rules`` are the ids of the rules that it states."""

    text: str
    rules: tuple[str, ...] = ()


class PromptText(Value, frozen=True, kw_only=True):
    """The prompt of one task, cut at its rules."""

    task: str
    passages: tuple[Passage, ...]


class StageRecord(Value, frozen=True, kw_only=True):
    """A finished stage: the content hash of what went in, the version that ran, and its files' hashes.

    ``command`` made it (empty within a run, which its recipe makes), from ``inputs`` of that content.
    """

    name: str
    key: str
    version: str
    files: dict[str, str]
    command: str = ""
    inputs: dict[str, str] = msgspec.field(default_factory=dict)


class Provenance(Value, frozen=True, kw_only=True):
    """What is needed to repeat a run: stages, seeds by path, hashes of the base, and the recipe."""

    stages: tuple[StageRecord, ...]
    seeds: dict[str, int]
    base: dict[str, str]
    recipe: dict[str, Any] | None


class Crossed(Value, frozen=True, kw_only=True):
    """A limit of the policy that the run doesn't keep."""

    limit: str
    found: str
    where: str


class GateVerdict(Value, frozen=True, kw_only=True):
    """What ``gate.json`` says."""

    passed: bool
    undecided: bool
    crossed: tuple[Crossed, ...]


class LabelledSet(Value, frozen=True, kw_only=True):
    """What a grader showed on a labelled set of ``n`` rows; ``crossed`` of them it learned from, in folds."""

    name: str
    n: int
    balanced_accuracy: float
    ci: tuple[float, float] | None
    kappa: float | None
    crossed: int = 0


class GraderCard(Value, frozen=True, kw_only=True):
    """How far a grader that judged here agrees with people, as this version of the workbench was measured.

    ``version`` hashes the code that judged, ``same`` tells whether that is this version's (``None``: the
    evaluation doesn't say). ``judged`` and ``unscored`` count judgments of all arms, ``None`` for a grader
    that others judge by. ``about`` and ``limits`` are the card's words.
    """

    name: str
    about: str
    limits: str
    version: str
    same: bool | None
    judged: int | None
    unscored: int
    sets: tuple[LabelledSet, ...]


class Report(Value, frozen=True, kw_only=True):
    """Everything the faces show. ``notes`` say which part is missing, and what to run for it."""

    verdict: str
    task: str
    verdicts: Verdicts
    cases: tuple[CaseView, ...]
    gate: GateVerdict | None
    funnel: Funnel | None
    training: Training | None
    prompts: tuple[PromptText, ...]
    provenance: Provenance
    graders: tuple[GraderCard, ...] = ()
    notes: tuple[str, ...]
