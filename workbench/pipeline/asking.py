"""Opens the models that a recipe's signals ask, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.ports import silent
from workbench.signals import Judge, Likelihood, Tools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contracts import Contract
    from workbench.ports import Progress
    from workbench.signals import AnySignal


def open_tools(
    signals: Sequence[AnySignal],
    *,
    base: str | None,
    judge: str | None,
    contracts: Sequence[Contract] = (),
    progress: Progress = silent,
) -> Tools:
    """Load ``base`` where a signal scores with it, and ``judge`` where one asks a judge.

    A signal whose model isn't given says so itself when it is measured.

    Raises:
        ModelError: a model can't be loaded.
        MissingExtraError: torch or transformers isn't installed.
    """
    scorer = backend = None
    if base is not None and any(isinstance(signal, Likelihood) for signal in signals):
        from workbench.backends.scoring import LocalScorer

        scorer = LocalScorer.open(base)
    if judge is not None and any(isinstance(signal, Judge) for signal in signals):
        from workbench.backends.local import LocalBackend

        backend = LocalBackend.open(judge)
    return Tools(scorer=scorer, judge=backend, contracts=contracts, progress=progress)
