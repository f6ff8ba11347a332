"""Asks the teacher every question as often as wanted, and never for more tokens than allowed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import ConfigError, Finding
from workbench.io.tokenizer import WordTokenizer
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.ports import Backend, Progress
    from workbench.recipe import TeacherStage
    from workbench.records import Case, Completion, Messages

_WAVE = 64
# Tokens for each estimated one until the teacher has told: one question goes ahead alone.
_UNTOLD = 3.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """A long prompt, and the case by which its answer is held against the rules of ``task``."""

    id: str
    task: str
    prompt: Messages
    case: Case


@dataclass(kw_only=True)
class Tally:
    """What the answers cost: tokens of all samples, found in a file or asked for alike; wall seconds."""

    samples: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    not_asked: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Prompt and answer tokens together."""
        return self.prompt_tokens + self.completion_tokens


def ask(
    questions: Sequence[Question], stage: TeacherStage, *, backend: Backend, progress: Progress = silent
) -> tuple[dict[str, list[Completion]], Tally]:
    """Return ``stage.samples`` answers for each question's id, and what they cost.

    Sample ``i`` is drawn with the seed ``sampling.seed + i``. With a budget, questions are asked in their
    order as long as their prompt tokens (estimated from words, by the ratio seen so far; the first question
    goes ahead alone to tell it) and the longest answers still fit; the rest is in ``not_asked``. So an
    answer found in a file counts like a fresh one, and a run that was stopped asks the same questions when
    it goes on.

    Raises:
        ConfigError: several samples at temperature 0, which would be one and the same.
        ServiceError: the service can't go on.
    """
    if stage.samples > 1 and stage.sampling.temperature == 0:
        raise ConfigError(
            Finding(
                where="teacher: samples and sampling.temperature",
                found=f"{stage.samples} samples at temperature 0, all the same",
                expected="a temperature above 0 where there are several samples",
                fix="Set the temperature (0.7 is usual), or ask for one sample.",
            )
        )
    begun, tally = time.perf_counter(), Tally()
    answers: dict[str, list[Completion]] = {}
    purse = _Purse(budget=stage.budget, stage=stage)
    left = list(questions)
    while left:
        wave = purse.fits(left, spent=tally.tokens)
        if not wave:
            tally.not_asked = [question.id for question in left]
            break
        left = left[len(wave) :]
        told = _Part(progress=progress, begun=begun, tally=tally, before=len(answers), of=len(questions))
        answers |= _wave(wave, stage, backend, tally, told)
        purse.learn(wave, answers)
    tally.seconds = time.perf_counter() - begun
    return answers, tally


def _wave(
    wave: Sequence[Question], stage: TeacherStage, backend: Backend, tally: Tally, told: _Part
) -> dict[str, list[Completion]]:
    prompts = [question.prompt for question in wave]
    found: dict[str, list[Completion]] = {question.id: [] for question in wave}
    for number in range(stage.samples):
        sampling = msgspec.structs.replace(stage.sampling, seed=stage.sampling.seed + number)
        told.sample, told.samples = number, stage.samples
        for question, one in zip(wave, backend.generate(prompts, sampling, progress=told), strict=True):
            found[question.id].append(one)
            tally.samples += 1
            tally.prompt_tokens += one.prompt_tokens
            tally.completion_tokens += one.completion_tokens
    return found


@dataclass(kw_only=True)
class _Part:
    """Tells of one sample of one wave as a part of the whole, with what is spent and what is left to wait."""

    progress: Progress
    begun: float
    tally: Tally
    before: int
    of: int
    sample: int = 0
    samples: int = 1

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        del stage, note
        asked = self.before * self.samples + self.sample * (total or 0) + done
        every = self.of * self.samples
        rate = asked / max(time.perf_counter() - self.begun, 1e-9)
        left = f", about {(every - asked) / rate:.0f} s left" if asked and asked < every else ""
        self.progress("teacher", asked, every, f"{self.tally.tokens:,} tokens{left}")


class _Purse:
    """Says how many questions still fit the budget, by the tokens that prompts turned out to have."""

    def __init__(self, *, budget: int | None, stage: TeacherStage) -> None:
        self._budget = budget
        self._stage = stage
        self._words = WordTokenizer()
        self._ratio: float | None = None

    def fits(self, left: Sequence[Question], *, spent: int) -> Sequence[Question]:
        if self._budget is None:
            return left
        room, wave = self._budget - spent, 0
        for question in left[: _WAVE if self._ratio else 1]:
            room -= self._stage.samples * (self._prompt(question) + self._stage.sampling.max_new_tokens)
            if room < 0:
                break
            wave += 1
        return left[:wave]

    def learn(self, wave: Sequence[Question], answers: dict[str, list[Completion]]) -> None:
        for question in wave:
            guessed = self._words.count(question.prompt, generation_prompt=True)
            told = max(one.prompt_tokens for one in answers[question.id])
            self._ratio = max(self._ratio or 0.0, told / max(guessed, 1), 1.0)

    def _prompt(self, question: Question) -> int:
        return round((self._ratio or _UNTOLD) * self._words.count(question.prompt, generation_prompt=True))
