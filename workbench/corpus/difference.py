"""Finds what changed between two versions of a data set, row by row and signal by signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from workbench.corpus.shift import Shift, shifts
from workbench.errors import InvariantError
from workbench.io.dataset import PART
from workbench.records import Value
from workbench.text import content_id, excerpt

if TYPE_CHECKING:
    from workbench.io.dataset import Dataset

By = Literal["id", "prompt", "record"]
_WAYS: tuple[By, ...] = get_args(By)
_COMPARED = ("task", "prompt", "completion", "slots", "template_id", PART)
_SHOWN = 160


class Side(Value, frozen=True, kw_only=True):
    """One version: what it is called, its rows, and how many stand in each part and task."""

    source: str
    rows: int
    parts: dict[str, int]
    tasks: dict[str, int]


class RowView(Value, frozen=True, kw_only=True):
    """A row as it is shown: its id, task and part, the last thing asked, the answer."""

    id: str
    task: str
    part: str
    asked: str
    answer: str


class Change(Value, frozen=True, kw_only=True):
    """A row that both versions have, and whose ``fields`` differ.

    ``by`` says how the two were known to be one row: by their id, by the same prompt, or by the same record
    of the log.
    """

    before: RowView
    after: RowView
    fields: tuple[str, ...]
    by: By


class Difference(Value, frozen=True, kw_only=True):
    """What turns version ``a`` into version ``b``: ``a.rows - removed + added = b.rows``.

    ``changed`` counts by field. ``doubled`` says how many rows share an id with another row of their version;
    they are told apart by their order.
    """

    a: Side
    b: Side
    same: int
    added: tuple[RowView, ...]
    removed: tuple[RowView, ...]
    changed: tuple[Change, ...]
    changed_fields: dict[str, int]
    doubled: int
    shifts: tuple[Shift, ...]

    @property
    def nothing(self) -> bool:
        """Tell whether the versions hold the same rows."""
        return not (self.added or self.removed or self.changed)


def difference(a: Dataset, b: Dataset) -> Difference:
    """Compare two versions. Rows are matched by id, then by prompt, then by the record they came from.

    Ids of converted pairs name their content, so a mended answer has another id: such rows are found by their
    prompt, or by file and record, where exactly one row of each version is left with it.
    """
    old, new = _rows(a), _rows(b)
    matched: list[tuple[int, int, By]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    for by in _WAYS:
        found = _matches([old[i][by] for i in left], [new[j][by] for j in right])
        matched += [(left[i], right[j], by) for i, j in found]
        gone, come = {left[i] for i, _ in found}, {right[j] for _, j in found}
        left = [i for i in left if i not in gone]
        right = [j for j in right if j not in come]
    changed = tuple(
        Change(before=view_of(old[i]["row"]), after=view_of(new[j]["row"]), fields=fields, by=by)
        for i, j, by in sorted(matched)
        if (fields := _differing(old[i]["row"], new[j]["row"]))
    )
    if len(old) - len(left) + len(right) != len(new):
        raise InvariantError(f"{len(old)} rows - {len(left)} + {len(right)} aren't {len(new)}")
    differing = [field for change in changed for field in change.fields]
    return Difference(
        a=_side(a),
        b=_side(b),
        same=len(matched) - len(changed),
        added=tuple(view_of(new[j]["row"]) for j in right),
        removed=tuple(view_of(old[i]["row"]) for i in left),
        changed=changed,
        changed_fields={name: differing.count(name) for name in _COMPARED if name in differing},
        doubled=sum(row["id"][1] > 1 for row in (*old, *new)),
        shifts=shifts(a.frame, b.frame),
    )


def _rows(dataset: Dataset) -> list[dict[str, Any]]:
    """Give each row the keys by which another version's row can be known to be the same."""
    seen: dict[str, int] = {}
    rows = []
    for row in dataset.frame.iter_rows(named=True):
        name = str(row["id"])
        seen[name] = seen.get(name, 0) + 1
        said = (part for m in row["prompt"] or () for part in (m["role"], m["content"]))
        source = row["source"] or {}
        placed = source.get("file") is not None and source.get("record") is not None
        rows.append(
            {
                "row": row,
                "id": (name, seen[name]),
                "prompt": content_id(str(row["task"]), *said),
                "record": (source["file"], source["record"]) if placed else None,
            }
        )
    return rows


def _matches(left: list[Any], right: list[Any]) -> list[tuple[int, int]]:
    """Pair the places of keys that stand exactly once on either side."""
    once = [
        {key: place for place, key in enumerate(side) if key is not None and side_count[key] == 1}
        for side in (left, right)
        for side_count in [_counts(side)]
    ]
    return [(place, once[1][key]) for key, place in once[0].items() if key in once[1]]


def _counts(keys: list[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts


def _differing(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _COMPARED if old[name] != new[name])


def view_of(row: dict[str, Any]) -> RowView:
    """Show a row of a data set."""
    asked = (row["prompt"] or [{"content": ""}])[-1]["content"]
    return RowView(
        id=str(row["id"]),
        task=str(row["task"]),
        part=str(row[PART]),
        asked=asked,
        answer="\n".join(m["content"] for m in row["completion"] or ()),
    )


def _side(dataset: Dataset) -> Side:
    def count(column: str) -> dict[str, int]:
        counted = dataset.frame.group_by(column).len().sort("len", column, descending=[True, False])
        return {str(name): int(rows) for name, rows in counted.iter_rows() if name}

    return Side(source=dataset.source, rows=dataset.frame.height, parts=count(PART), tasks=count("task"))


def plain(found: Difference) -> dict[str, Any]:
    """Return the difference as JSON values: counts first, then rows with their texts whole."""
    counts = {
        "same": found.same,
        "added": len(found.added),
        "removed": len(found.removed),
        "changed": len(found.changed),
        "changed_fields": found.changed_fields,
        "doubled": found.doubled,
    }
    whole = msgspec.to_builtins(found)
    return {
        "a": whole["a"],
        "b": whole["b"],
        "counts": counts,
        "signals": whole["shifts"],
        "rows": {name: whole[name] for name in ("added", "removed", "changed")},
    }


def said(view: RowView) -> str:
    """Show a row on one line: what was asked and what was answered."""
    return f"{excerpt(view.asked, limit=_SHOWN)} → {excerpt(view.answer, limit=_SHOWN)}"
