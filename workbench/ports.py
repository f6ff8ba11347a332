"""The seams: what a step, a signal, a grader, a backend and a progress bar look like from above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import msgspec

from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from workbench.records import Case, Completion, Grade, Messages, Split


T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")


class Sampling(Value, frozen=True, kw_only=True):
    """How to generate. ``temperature`` 0 is greedy; ``seed`` matters only above 0.

    ``schema`` (JSON Schema) binds the answer to a JSON document that is valid by it.
    """

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    schema: dict[str, Any] | None = None


class Progress(Protocol):
    """Told how far a stage is; ``total`` is ``None`` where unknown, ``note`` a short live figure."""

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Take one report; must be cheap, and is called from one thread."""
        ...


def silent(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Report nothing: the default progress."""
    del stage, done, total, note


@runtime_checkable
class Backend(Protocol):
    """Prompts in, completions out, in the same order and number."""

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer every prompt; a prompt that cannot be answered gives ``finish="error"``, never a gap."""
        ...


class Arrived(Protocol):
    """Told of every answer as it comes, so that it can be kept at once."""

    def __call__(self, number: int, completion: Completion, /) -> None:
        """Take the answer to prompt ``number``; called from one thread."""
        ...


@runtime_checkable
class ArrivingBackend(Protocol):
    """A backend that hands answers over one by one, in the order in which they come."""

    def generate_each(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling,
        *,
        arrived: Arrived,
        progress: Progress = silent,
    ) -> None:
        """Answer every prompt, and tell ``arrived`` of each once."""
        ...


@runtime_checkable
class PrefixSharing(Protocol):
    """A backend that encodes once what prompts share at their beginning."""

    def shared_tokens_of(self, prompts: Sequence[Messages]) -> list[int]:
        """Return for each prompt how many tokens are not read anew when all of them are asked together.

        The first of those that share a beginning pays for it and has 0. Depends on the prompts alone.
        """
        ...


class Scored(Value, frozen=True, kw_only=True):
    """How likely a model finds an answer: the sum of its tokens' negative log likelihoods in nats.

    ``tokens`` 0: the row doesn't fit into the model's context, or has nothing to score.
    """

    nll: float
    tokens: int


class Scorer(Protocol):
    """Prompts and given answers in, their likelihoods out, in the same order and number."""

    def score(
        self, rows: Sequence[tuple[Messages, Messages]], *, progress: Progress = silent
    ) -> list[Scored]:
        """Score the answer of every (prompt, completion)."""
        ...


class Classifier(Protocol):
    """Texts, or texts beside another, in; the probability of each label out.

    ``identity`` names the model by its content, so that what it said can be kept; empty: nothing is kept.
    """

    labels: tuple[str, ...]
    identity: str

    def classify(
        self, texts: Sequence[tuple[str, str]], *, progress: Progress = silent
    ) -> list[list[tuple[float, ...]]]:
        """Return for each ``(text, beside)`` (``beside`` may be empty) the probabilities of ``labels``.

        A text that is too long is read in windows that overlap: one tuple for each, in order.
        """
        ...


class Step(Protocol):
    """Decides over pairs: a partition with reasons."""

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition ``frame``; ``in = kept + dropped``."""
        ...


class Grader(Protocol):
    """Measures one completion of one case."""

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge ``output``; pure, no I/O."""
        ...


class Tokenizer(Protocol):
    """Counts tokens of chat messages as the base would see them."""

    def count(self, messages: Messages, *, generation_prompt: bool) -> int:
        """Return the number of tokens of the rendered messages."""
        ...

    def count_text(self, text: str) -> int:
        """Return the number of tokens of plain text."""
        ...


class Engine(Protocol):
    """Does the tasks of one stage, in whatever order and place."""

    def map(
        self, function: Callable[[T], R], tasks: Sequence[T], *, stage: str, progress: Progress = silent
    ) -> list[R]:
        """Return the results in the order of the tasks; a task and its result are msgspec-encodable."""
        ...
