"""The limits that a curated result may not cross; the pipeline enforces them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from workbench.records import Value

Limit = Annotated[float, Meta(gt=0, le=1)]


class Guards(Value, frozen=True, kw_only=True):
    """Limits that a result may not cross; ``null`` switches one off.

    ``max_cluster_share``: of the rows of one source, the most that one cluster (a kept row, those dropped for
    it, and the rows split with it) may hold. ``max_loss_share``: of the rows of one source, the most that may
    be dropped; and of the rows of one task, the most that one rule may drop. Rows that a selection to a
    budget left out are neither. Sources and tasks of fewer than ``min_rows`` rows are not looked at.
    """

    max_cluster_share: Limit | None = 0.5
    max_loss_share: Limit | None = 0.9
    min_rows: Annotated[int, Meta(ge=1)] = 50
