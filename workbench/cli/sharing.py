"""Says what a log whose prompts share little means for its owner, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MANY_TASKS = 20
_FEW_CALLS = 20
_HALF = 0.5


def sharing(
    *, calls: int, tasks: Sequence[int], prompts: int, unshared: int, folders: int | None = None
) -> list[str]:
    """Return lines for the page, none where prompts are shared as one would hope.

    ``tasks`` are the calls of each task, ``prompts`` counts different system prompts, ``unshared`` the calls
    whose system prompt shares nothing, ``folders`` the tasks that got a folder.
    """
    lines: list[str] = []
    if unshared and unshared >= _HALF * calls:
        lines += _alone(calls=calls, prompts=prompts, unshared=unshared)
    few = [count for count in tasks if count < _FEW_CALLS]
    if len(tasks) >= _MANY_TASKS and sum(few) >= _HALF * calls:
        lines += _small(calls=calls, tasks=len(tasks), few=few)
    if folders is not None and folders < len(tasks):
        lines.append(
            f"the {folders} tasks with the most calls have a contract and a folder of their own; the other "
            f"{len(tasks) - folders} are in pairs.parquet and templates.json alone"
        )
    return lines


def _alone(*, calls: int, prompts: int, unshared: int) -> tuple[str, str]:
    found = (
        f"[yellow]{unshared} of {calls} calls have a system prompt that shares nothing with any other[/] "
        f"({prompts} different ones in the log): each stays in its pair whole, and saves no token"
    )
    advice = (
        "  what to do: where a program fills these prompts in, give the calls of each program in a file of "
        "its own, or log what it fills in on labelled lines; where people write them, they are inputs, and "
        "there is nothing here to learn by heart"
    )
    return found, advice


def _small(*, calls: int, tasks: int, few: Sequence[int]) -> tuple[str, str]:
    found = (
        f"[yellow]{len(few)} of {tasks} tasks have fewer than {_FEW_CALLS} calls[/], {sum(few)} of "
        f"{calls} calls in all: too few to train or judge an adapter on"
    )
    advice = (
        "  what to do: take a longer log; or where these prompts are one with something filled in, put that "
        "on labelled lines or into the user's turn, so that they become one task"
    )
    return found, advice
