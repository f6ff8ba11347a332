"""Mixes neutral pairs into the rows, so that what the base could do besides isn't trained away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.frames import PAIR_SCHEMA

if TYPE_CHECKING:
    from workbench.records import Messages, Pair
    from workbench.training.rows import LongPrompt
    from workbench.training.spec import Sft


def mixed_in(
    train: pl.DataFrame, replay: pl.DataFrame, spec: Sft, *, long: LongPrompt | None
) -> tuple[pl.DataFrame, LongPrompt | None]:
    """Return rows of which ``spec.replay_share`` are replayed, drawn with the spec's seed; and their prompts.

    A replayed pair has no long prompt: its teacher is the base under the pair's own prompt, so that
    distillation holds the student to what the base says there.

    Raises:
        InputError: fewer replay pairs than the share asks for.
    """
    share = spec.replay_share
    wanted = round(train.height * share / (1 - share))
    if replay.height < wanted:
        raise InputError(
            Finding(
                where="the replay data",
                found=f"{replay.height} pairs",
                expected=f"at least {wanted}: a share of {share} beside {train.height} rows",
                fix="Give more of them, or lower replay_share in the recipe.",
            )
        )
    drawn = replay.select(PAIR_SCHEMA.names()).sample(wanted, seed=spec.seed, shuffle=True)
    ids = set(drawn["id"])
    rows = pl.concat([train.select(PAIR_SCHEMA.names()), drawn])
    if long is None:
        return rows, None
    given = long

    def prompts(pair: Pair) -> Messages:
        return pair.prompt if pair.id in ids else given(pair)

    return rows, prompts
