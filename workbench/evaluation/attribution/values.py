"""What an attribution holds: written as attribution.json, read by `workbench improve`."""

from __future__ import annotations

from workbench.records import Arm, Value


class Neighbour(Value, frozen=True, kw_only=True):
    """A training row near a lost case.

    ``likeness`` in [0, 1] is that of ``workbench.similarity.nearest``; ``verdict`` what its answer does with
    the rule that was lost (``pass``, ``fail``, ``not_applicable``, ``unscored``; empty for a behaviour);
    ``exercises`` are the rules that its answer keeps or breaks, ``breaks`` those that it breaks.
    """

    id: str
    likeness: float
    verdict: str
    exercises: tuple[str, ...]
    breaks: tuple[str, ...]
    asked: str
    answer: str


class Lost(Value, frozen=True, kw_only=True):
    """A case that passed in the arm compared with and fails after training, on one question.

    ``question`` is the id of a rule, or a behaviour. ``contaminated``: training rows hold its text.
    """

    case: str
    question: str
    cluster: str
    slice: str
    contaminated: bool
    asked: str
    answer_before: str
    answer_after: str
    detail: str
    near: tuple[Neighbour, ...]


class QuestionTrace(Value, frozen=True, kw_only=True):
    """One rule or behaviour: how many cases it could lose and lost, apart for clean and contaminated ones.

    ``held`` cases passed in the arm compared with, ``lost`` of them fail after training. ``exercised`` and
    ``broken`` count training rows, ``None`` for a behaviour and for a rule without check.
    """

    id: str
    text: str
    is_rule: bool
    held: int
    lost: int
    held_contaminated: int
    lost_contaminated: int
    exercised: int | None
    broken: int | None


class Slice(Value, frozen=True, kw_only=True):
    """How often a value of a feature stands among lost and among all held clusters of one question.

    ``p`` is the upper tail of the hypergeometric distribution (Fisher's exact test, one-sided); ``p_holm`` is
    adjusted over all slices of the attribution. ``question`` is empty for all questions together.
    """

    question: str
    feature: str
    value: str
    lost: int
    of_lost: int
    held: int
    of_held: int
    p: float
    p_holm: float


class Attribution(Value, frozen=True, kw_only=True):
    """All that was traced: ``rows`` training rows, ``cases`` asked, ``reference`` the arm compared with."""

    reference: Arm
    rows: int
    cases: int
    contaminated: int
    level: float
    questions: tuple[QuestionTrace, ...]
    lost: tuple[Lost, ...]
    slices: tuple[Slice, ...]

    @property
    def sure(self) -> tuple[Slice, ...]:
        """The slices that stand among the lost more often than chance gives."""
        return tuple(one for one in self.slices if one.p_holm <= self.level)
