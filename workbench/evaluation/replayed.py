"""Reads the answers of an earlier evaluation, so that it is graded again without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from workbench.backends import ReplayBackend, prompt_key
from workbench.errors import Finding, InputError
from workbench.evaluation.asking import sample_seed
from workbench.evaluation.recorded import read_recorded
from workbench.io.config import read_json
from workbench.ports import silent
from workbench.records import ARMS, Arm, Case, Completion, Message
from workbench.spec import spec_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Progress, Sampling
    from workbench.records import Messages

COMPLETIONS, SAMPLES, CASES = "completions.jsonl", "samples.jsonl", "cases.jsonl"


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: Arm
    prompt: tuple[Message, ...]
    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: Literal["stop", "length", "error"] = "stop"
    cached_tokens: int = 0
    sample: int = 0


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Answers by arm, sample and prompt, and the cases they were given on (none where only a file was).

    ``temperature`` is that of several samples, 0 where nothing was said; ``place`` the directory.
    """

    answers: Mapping[tuple[Arm, int], Mapping[str, Completion]]
    cases: tuple[Case, ...]
    place: Path
    temperature: float = 0.0

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms that were asked, in their order."""
        return tuple(arm for arm in ARMS if any(held == arm for held, _ in self.answers))

    @property
    def samples(self) -> int:
        """How many samples a case were drawn."""
        return 1 + max(sample for _, sample in self.answers)

    def key(self, arm: Arm) -> str:
        """Name an arm's answers by their content."""
        return spec_key([[n, held] for (one, n), held in sorted(self.answers.items()) if one == arm])

    def backend(self, arm: Arm, *, seed: int) -> RecordedArm:
        """Return what gives an arm's answers again, for a plan of this seed."""
        return RecordedArm(
            {
                sample_seed(seed, n): ReplayBackend(held)
                for (one, n), held in self.answers.items()
                if one == arm
            }
        )


class RecordedArm:
    """A recording for each seed; a prompt that was never asked gets ``finish="error"``."""

    def __init__(self, by_seed: Mapping[int, ReplayBackend]) -> None:
        self._by_seed = dict(by_seed)

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Give the recorded answer of every prompt."""
        backend = self._by_seed.get(sampling.seed, ReplayBackend({}))
        return backend.generate(prompts, sampling, progress=progress)


def read_replay(path: Path) -> Recorded:
    """Read a run directory, the output of an evaluation, or its completions.jsonl alone.

    Raises:
        InputError: there are no completions, or a line isn't as `workbench eval` writes it.
    """
    place = path / "eval" if (path / "eval").is_dir() else path
    files = [place]
    if place.is_dir():
        files = [place / COMPLETIONS, *([place / SAMPLES] if (place / SAMPLES).exists() else [])]
    answers: dict[tuple[Arm, int], dict[str, Completion]] = {}
    for file in files:
        for line in read_recorded(file, _Line):
            completion = Completion(
                text=line.text,
                prompt_tokens=line.prompt_tokens,
                completion_tokens=line.completion_tokens,
                finish=line.finish,
                cached_tokens=line.cached_tokens,
            )
            answers.setdefault((line.arm, line.sample), {})[prompt_key(line.prompt)] = completion
    if not answers:
        raise InputError(
            Finding(
                where=str(files[0]), found="no answer", expected="recorded answers", fix="Evaluate first."
            )
        )
    place = place if place.is_dir() else place.parent
    cases = place / CASES
    return Recorded(
        answers=answers,
        cases=tuple(read_recorded(cases, Case)) if cases.exists() else (),
        place=place,
        temperature=_temperature(place / "verdicts.json"),
    )


def _temperature(verdicts: Path) -> float:
    if not verdicts.exists():
        return 0.0
    found = read_json(verdicts, what="the verdicts of an evaluation")
    return float((found.get("samples") or {}).get("temperature") or 0.0)
