"""Says of any row where it is, or why it went and which row stayed instead."""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.frames import read_parquet
from workbench.records import Value

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = ("train", "valid", "test", "kept")
_NEAREST = 3


class Removal(Value, frozen=True, kw_only=True):
    """One ledger row: the step and reason, the figures it rests on, and the row kept instead."""

    step: str
    reason: str
    row: int | None = None
    rule: str | None = None
    measured: float | None = None
    threshold: float | None = None
    jaccard: float | None = None
    containment_ab: float | None = None
    containment_ba: float | None = None
    detail: str | None = None
    kept_id: str | None = None
    kept_went: str | None = None
    dropped_text: str = ""
    kept_text: str = ""


class Edit(Value, frozen=True, kw_only=True):
    """A person's change of the row's answer, with the hash of the row before and after."""

    before: str
    after: str
    rule: str | None = None
    detail: str | None = None


class Explanation(Value, frozen=True, kw_only=True):
    """What became of the rows with one id: the parts that hold it, its text there, and every removal.

    Rows of equal content may share an id: then some are kept and others removed.
    """

    id: str
    state: Literal["kept", "dropped"]
    parts: tuple[str, ...]
    cluster: str | None
    kept_text: str
    removals: tuple[Removal, ...]
    signals: dict[str, Any] = msgspec.field(default_factory=dict)
    edits: tuple[Edit, ...] = ()

    @property
    def text(self) -> str:
        """Tell it in plain words, ready to print."""
        lines = [f"{self.id}: {self.state}" + (f" in {', '.join(self.parts)}" if self.parts else "")]
        if self.cluster:
            lines.append(f"cluster: {self.cluster}")
        lines += [
            f"edited by {one.rule or 'somebody'}: {one.before} became {one.after}"
            + (f" ({one.detail})" if one.detail else "")
            for one in self.edits
        ]
        lines += [line for removal in self.removals for line in _told(removal)]
        if self.kept_text:
            lines += ["", "the row:", _indented(self.kept_text)]
        return "\n".join(lines)


def explain(directory: Path, row_id: str) -> Explanation:
    """Find a row by id, or by the beginning of it, in the output of ``curate`` or ``dedupe`` (or a run).

    Raises:
        InputError: no ledger there, an unknown id (with the nearest), or a beginning that several ids share.
    """
    place = directory / "curate" if (directory / "curate" / "ledger.parquet").is_file() else directory
    if not (place / "ledger.parquet").is_file():
        raise InputError(_no_ledger(directory))
    ledger = read_parquet(place / "ledger.parquet")
    parts = {name: place / f"{name}.parquet" for name in _PARTS if (place / f"{name}.parquet").is_file()}
    kept = {
        name: read_parquet(path).with_columns(pl.col("id").cast(pl.String)) for name, path in parts.items()
    }
    dropped = read_parquet(place / "dropped.parquet").with_columns(pl.col("id").cast(pl.String))
    known = sorted({*ledger["id"].drop_nulls(), *(i for f in kept.values() for i in f["id"].drop_nulls())})
    found = resolve(row_id, known, where=str(place))
    here = {name: frame.filter(pl.col("id") == found) for name, frame in kept.items()}
    holding = tuple(name for name, frame in here.items() if frame.height)
    row = here[holding[0]].row(0, named=True) if holding else None
    removals = ledger.filter(pl.col("id") == found)
    return Explanation(
        id=found,
        state="kept" if holding else "dropped",
        parts=holding,
        cluster=row.get("cluster") if row else None,
        kept_text=_shown(row) if row else "",
        removals=tuple(_removal(r, dropped, kept, ledger) for r in removals.iter_rows(named=True)),
        signals=_signals(place / "signals.parquet", found),
        edits=_edits(place / "edits.parquet", found),
    )


def _edits(path: Path, row_id: str) -> tuple[Edit, ...]:
    if not path.is_file():
        return ()
    held = read_parquet(path).filter(pl.col("id") == row_id).select("before", "after", "rule", "detail")
    return tuple(Edit(**row) for row in held.iter_rows(named=True))


def resolve(row_id: str, known: list[str], *, where: str) -> str:
    """Return the one id of ``known`` that is ``row_id`` or begins with it.

    Raises:
        InputError: none (with the nearest), or several.
    """
    if row_id in known:
        return row_id
    starting = [name for name in known if row_id and name.startswith(row_id)]
    if len(starting) == 1:
        return starting[0]
    if starting:
        found, fix = (
            f"{len(starting)} ids that begin so: {', '.join(starting[:_NEAREST])} …",
            "Give more of it.",
        )
    else:
        near = difflib.get_close_matches(row_id, known, n=_NEAREST, cutoff=0.0)
        found = "no row of that id"
        fix = f"The nearest ids are {', '.join(near)}." if near else "There are no rows at all."
    raise InputError(
        Finding(where=f"{where} {row_id}", found=found, expected="the id of one row that went in", fix=fix)
    )


def _removal(
    entry: dict[str, Any], dropped: pl.DataFrame, kept: dict[str, pl.DataFrame], ledger: pl.DataFrame
) -> Removal:
    fields = {name: entry[name] for name in Removal.__struct_fields__ if name in entry}
    gone = dropped.filter(pl.col("id") == entry["id"])
    instead = pl.col("id") == pl.lit(entry["kept_id"], pl.String)
    stayed = [frame.filter(instead) for frame in (*kept.values(), dropped)]
    stayed = [frame for frame in stayed if frame.height]
    later = ledger.filter(pl.col("id").cast(pl.String) == pl.lit(entry["kept_id"], pl.String))
    here = any(frame.filter(instead).height for frame in kept.values())
    return Removal(
        **fields,
        kept_went=None if here or not later.height else f"{later['step'][0]}: {later['reason'][0]}",
        dropped_text=_shown(gone.row(0, named=True)) if gone.height else "",
        kept_text=_shown(stayed[0].row(0, named=True)) if stayed else "",
    )


def _told(removal: Removal) -> list[str]:
    """Tell one removal in lines."""
    lines = [f"dropped by {removal.step}: {removal.reason}" + (f" ({removal.rule})" if removal.rule else "")]
    if removal.kept_id is not None:
        lines.append(f"kept instead: {removal.kept_id}{_likeness(removal)}")
        if removal.kept_went:
            lines.append(f"that row went later, by {removal.kept_went}")
    elif removal.measured is not None:
        limit = "" if removal.threshold is None else f" (limit {removal.threshold:g})"
        lines.append(f"measured: {removal.measured:g}{limit}")
    if removal.detail:
        lines.append(removal.detail)
    if removal.dropped_text:
        lines += ["", "the row that went:", _indented(removal.dropped_text)]
    if removal.kept_text:
        lines += ["", "the row kept instead:", _indented(removal.kept_text)]
    return lines


def _likeness(removal: Removal) -> str:
    """Tell how alike the two rows are, as far as it was measured."""
    if removal.jaccard is None:
        return ""
    limit = "" if removal.threshold is None else f" (threshold {removal.threshold:.3f})"
    told = f"; Jaccard {removal.jaccard:.3f}{limit}"
    if removal.containment_ab is None or removal.containment_ba is None:
        return told
    return (
        f"{told}, {removal.containment_ab:.0%} of it is in the kept row, "
        f"{removal.containment_ba:.0%} of the kept row in it"
    )


def _signals(path: Path, row_id: str) -> dict[str, Any]:
    """Return what was measured of the row; empty where nothing was."""
    if not path.is_file():
        return {}
    found = read_parquet(path).filter(pl.col("id").cast(pl.String) == row_id).drop("id", "row")
    return found.row(0, named=True) if found.height else {}


def _no_ledger(directory: Path) -> Finding:
    hints = {
        "pairs.parquet": "the output of convert: rejected records are in its rejects.jsonl",
        "adapter": "the output of train",
        "completions.jsonl": "the output of eval",
    }
    found = next(
        (told for name, told in hints.items() if (directory / name).exists()), "no ledger.parquet in it"
    )
    if not directory.is_dir():
        found = "a file" if directory.exists() else "no such directory"
    return Finding(
        where=str(directory),
        found=found,
        expected="the output directory of curate or dedupe, or a run that holds one",
        fix=f"Run: workbench curate {shlex.quote(str(directory))} --out curated, and explain that."
        if (directory / "pairs.parquet").exists()
        else "Name the directory that was --out of curate or dedupe.",
    )


def _shown(row: dict[str, Any]) -> str:
    """Show a row: slots and answer of a pair, or every column of another table."""
    if {"slots", "completion"} <= row.keys():
        asked = [f"{slot['name']}: {slot['value']}" for slot in row["slots"] or ()]
        asked = asked or [message["content"] for message in row["prompt"]]
        return "\n".join([*asked, "answer: " + "\n".join(m["content"] for m in row["completion"])])
    shown = {name: value for name, value in row.items() if name != "id" and value is not None}
    return "\n".join(f"{name}: {_plain(value)}" for name, value in shown.items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())
