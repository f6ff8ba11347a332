"""Answers from a function or a table, so that everything above the model seam is testable without a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.ports import silent
from workbench.records import Completion
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.ports import Progress, Sampling
    from workbench.records import Messages


class FakeBackend:
    """A backend whose answers are given: a function of the prompt, or a table by the last message's text.

    A prompt that the table lacks, or for which the function returns ``None``, gets ``finish="error"``. Tokens
    are words. Every call is kept in ``calls``.
    """

    def __init__(self, answers: Callable[[Messages], str | None] | Mapping[str, str]) -> None:
        self._answers = answers
        self.calls: list[tuple[tuple[Messages, ...], Sampling]] = []

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer every prompt, cut at ``max_new_tokens`` words (``finish="length"``)."""
        self.calls.append((tuple(prompts), sampling))
        completions = []
        for number, prompt in enumerate(prompts, start=1):
            completions.append(_completion(prompt, self._answer(prompt), sampling.max_new_tokens))
            progress("generate", number, len(prompts))
        return completions

    def _answer(self, prompt: Messages) -> str | None:
        if isinstance(self._answers, Mapping):
            return self._answers.get(prompt[-1].content) if prompt else None
        return self._answers(prompt)


def _completion(prompt: Messages, answer: str | None, limit: int) -> Completion:
    given = sum(len(words(message.content)) for message in prompt)
    if answer is None:
        return Completion(text="", prompt_tokens=given, completion_tokens=0, finish="error")
    if len(words(answer)) > limit:
        text = " ".join(words(answer)[:limit])
        return Completion(text=text, prompt_tokens=given, completion_tokens=limit, finish="length")
    return Completion(text=answer, prompt_tokens=given, completion_tokens=len(words(answer)))
