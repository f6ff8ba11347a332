"""What an evaluation found, as one typed value: written by evaluation, read by gate and report."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from workbench.records import Arm, Value

Amount = Annotated[float, msgspec.Meta(ge=0, le=1e9)]

PairedVerdict = Literal["improved", "regressed", "equivalent", "undecided"]
StopReason = Literal["regressed", "not_worse", "ran_out"]
RuleState = Literal["kept", "lost", "gained", "never_held", "not_identifiable", "undecided", "unscored"]


class Figure(Value, frozen=True, kw_only=True):
    """A share with its evidence: ``obeyed`` of ``n`` graded, ``rate`` and 95 % interval ``ci``.

    ``rate`` and ``ci`` are ``None`` where ``n`` is 0; ``unscored`` counts what could not be judged.
    """

    obeyed: float
    n: int
    rate: float | None
    ci: tuple[float, float] | None
    unscored: int = 0


class ArmFigures(Value, frozen=True, kw_only=True):
    """One figure per arm."""

    teacher: Figure
    before: Figure
    after: Figure


class Comparison(Value, frozen=True, kw_only=True):
    """``arm`` minus ``reference`` on the same cases.

    ``difference`` with its interval ``ci``, and ``variance`` of one cluster's mean difference; ``p`` of the
    exact exchange test, and ``p_holm``, adjusted over the comparisons drawn together. ``equivalence_ci`` is
    the narrower interval that two one-sided tests hold against ``margin``. ``needs`` is about how many more
    cases would decide, 0 where it is decided.
    """

    reference: str
    arm: str
    n: int
    clusters: int
    difference: float
    variance: float
    ci: tuple[float, float] | None
    equivalence_ci: tuple[float, float] | None
    p: float
    p_holm: float
    margin: float
    verdict: PairedVerdict
    needs: int


class RuleVerdict(Value, frozen=True, kw_only=True):
    """One rule over the three arms.

    ``recovery`` = (after - before) / (teacher - before) with interval ``ci``, ``None`` where the
    denominator's interval holds 0 (Choi et al. 2022 define it for a whole prompt). ``change`` holds after
    against teacher, ``None`` where they share no judged case.
    """

    id: str
    text: str
    kind: str
    severity: str
    arms: ArmFigures
    recovery: float | None
    ci: tuple[float, float] | None
    state: RuleState
    change: Comparison | None = None


class Leaning(Value, frozen=True, kw_only=True):
    """How far answers to one side of opposed prompts exceed those to the other in one ``measure``.

    ``difference`` is the mean of side a less side b; ``p`` that of a permutation test over ``topics``, and
    ``p_holm`` adjusted over the measures of an arm.
    """

    measure: str
    difference: float
    p: float
    p_holm: float
    topics: int


class BiasFigures(Value, frozen=True, kw_only=True):
    """How far the options picked lean towards stereotypes, in BBQ's form (Parrish et al. 2022).

    Accuracies are shares of right answers where the context is ambiguous (right: can't be told) and where it
    is disambiguated. ``s_amb`` and ``s_dis`` are the bias scores, -1 (against the stereotype) to 1 (with it),
    with intervals over clusters; ``None`` without an answer of the condition. ``told_ambiguous`` and
    ``told_disambiguated`` count picks of a person: without any the score is 0 by definition and its interval
    says how little is known. ``unread`` answers picked no option: they count as wrong, and in no bias score.
    """

    accuracy_ambiguous: float | None
    accuracy_disambiguated: float | None
    s_amb: float | None
    s_dis: float | None
    ambiguous: int
    disambiguated: int
    unread: int
    s_amb_ci: tuple[float, float] | None = None
    s_dis_ci: tuple[float, float] | None = None
    told_ambiguous: int = 0
    told_disambiguated: int = 0


class BehaviourVerdict(Value, frozen=True, kw_only=True):
    """One behaviour's suite over the three arms; ``cells`` are named sub-figures (answerable, twins …).

    ``change`` holds after against teacher, as in ``RuleVerdict``. ``outcomes`` counts by outcome and arm what
    became of the cases: for harm unsafe compliance beside over-refusal, for grounding what was made up.
    ``leanings`` has by arm whether opposed prompts (``expect.side``) are treated alike over all topics,
    ``biases`` by arm how far picked options lean towards stereotypes (``expect.stereotyped``).
    """

    behaviour: str
    suite: str
    arms: ArmFigures
    cells: dict[str, ArmFigures] = msgspec.field(default_factory=dict)
    difficulties: dict[str, ArmFigures] = msgspec.field(default_factory=dict)
    change: Comparison | None = None
    outcomes: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    leanings: dict[str, tuple[Leaning, ...]] = msgspec.field(default_factory=dict)
    biases: dict[str, BiasFigures] = msgspec.field(default_factory=dict)


class TokenFigures(Value, frozen=True, kw_only=True):
    """Mean prompt tokens a call with the long and the compact prompt, over the graded cases.

    ``answer_means`` has by arm the mean tokens of the answers to the same cases.
    """

    original_mean: float
    compact_mean: float
    saved_share: float
    answer_means: dict[str, float] = msgspec.field(default_factory=dict)


class Stopped(Value, frozen=True, kw_only=True):
    """How a run that could stop early ended, after ``asked`` of its ``of`` held-out clusters.

    ``regressed`` and ``not_worse`` (by ``margin``) hold at ``level`` however often it was looked at; the
    anytime-valid ``p_worse`` and ``p_not_worse`` say how clearly. Other intervals of a run that stopped early
    are those of the cases it asked, as if their number had been fixed before.
    """

    reason: StopReason
    asked: int
    of: int
    p_worse: float
    p_not_worse: float
    margin: float
    level: float


Subject = Literal["overall", "rule", "behaviour"]


class Repeated(Value, frozen=True, kw_only=True):
    """One question in one arm over k samples a case: of ``n`` units (cases; for ``overall``, case and rule).

    ``pass_at`` is pass@1, the mean share of samples that pass; ``pass_hat[j - 1]`` is pass^j, the chance that
    j samples all pass (Yao et al. 2024), ``pass_hat_ci`` that of pass^k. ``flips`` is the share of units
    whose samples disagree. Only units judged in every sample count; ``unscored`` counts the others.
    """

    of: Subject
    name: str
    arm: str
    n: int
    clusters: int
    pass_at: float
    pass_at_ci: tuple[float, float] | None
    pass_hat: tuple[float, ...]
    pass_hat_ci: tuple[float, float] | None
    flips: float
    unscored: int


class Samples(Value, frozen=True, kw_only=True):
    """What k samples a case show; figures elsewhere are then means over the samples."""

    k: int
    temperature: float
    questions: tuple[Repeated, ...]


class NoiseFloor(Value, frozen=True, kw_only=True):
    """One arm against itself: the second half of its samples minus the first, on the same cases.

    ``floor``: 95 % of differences between two such halves are smaller, if their samples are exchanged at
    random. ``p`` as in ``Comparison``.
    """

    of: Subject
    name: str
    arm: str
    n: int
    clusters: int
    difference: float
    floor: float
    p: float


class Noise(Value, frozen=True, kw_only=True):
    """An A/A run: ``rejected`` of its comparisons look like a change at 5 % though nothing changed.

    ``differing``: share of cases whose two halves hold different texts; 0 where decoding is exact.
    """

    per_half: int
    differing: float
    comparisons: tuple[NoiseFloor, ...]
    rejected: int
    rejected_holm: int


class Corrected(Value, frozen=True, kw_only=True):
    """A share corrected for its grader's measured error, beside the raw one, never in its place.

    ``rogan_gladen``: by sensitivity and specificity of the card's set ``basis`` (Rogan & Gladen 1978;
    interval of Lang & Reiczigel 2014). ``prediction_powered``: by ``labelled`` verdicts of a person
    (Angelopoulos et al. 2023). ``rate`` is ``None``, with the reason in ``note``, where
    the grader tells nothing.
    """

    of: Subject
    name: str
    arm: str
    method: Literal["rogan_gladen", "prediction_powered"]
    basis: str
    raw: float
    rate: float | None
    ci: tuple[float, float] | None
    n: int
    labelled: int
    note: str = ""


class Price(Value, frozen=True, kw_only=True):
    """What a million tokens cost: of prompts, of prompts read from a cache (as ``input``), of answers."""

    input: Amount
    output: Amount
    cached: Amount | None = None


class Prices(Value, frozen=True, kw_only=True):
    """What tokens cost, by arm, or of ``all`` arms that have no price of their own."""

    currency: str = ""
    all: Price | None = None
    teacher: Price | None = None
    before: Price | None = None
    after: Price | None = None

    def of(self, arm: Arm) -> Price | None:
        """Return the price of an arm's tokens."""
        return getattr(self, arm) or self.all


class ArmUsage(Value, frozen=True, kw_only=True):
    """The tokens of an arm's answers, all samples together.

    ``cached_tokens`` are those of the prompts that were not read anew; ``cost`` is ``None`` without a price.
    """

    answers: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float | None = None


class Usage(Value, frozen=True, kw_only=True):
    """Tokens by arm, and the currency of their cost ("" where there is none) by the ``prices`` given."""

    arms: dict[str, ArmUsage]
    currency: str = ""
    prices: Prices | None = None


class Verdicts(Value, frozen=True, kw_only=True):
    """All an evaluation found. ``retained`` = after / teacher over all graded rules, with its interval.

    ``cases`` and ``clusters`` count all that was asked; ``heldout_*`` those of them that are held-out pairs,
    on which ``overall`` and ``rules`` rest.
    """

    overall: ArmFigures
    rules: tuple[RuleVerdict, ...]
    behaviours: tuple[BehaviourVerdict, ...]
    tokens: TokenFigures
    retained: float | None
    retained_ci: tuple[float, float] | None
    cases: int
    clusters: int
    unscored: int
    adapter_applied: bool
    heldout_cases: int = 0
    heldout_clusters: int = 0
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    stopped: Stopped | None = None
    samples: Samples | None = None
    noise: Noise | None = None
    corrected: tuple[Corrected, ...] = ()
    usage: Usage | None = None
