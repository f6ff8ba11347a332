"""Decisions in SQLite: several people at once, each with an undo of their own."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.errors import Finding, OutputError
from workbench.io.decisions import Decision, Order, differ
from workbench.ports import silent
from workbench.review.items import Item, Placed, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.ports import Progress

_CLAIM_SECONDS = 300.0
# Rows are laid out anew where the database is of another version; decisions only ever gain columns.
_VERSION = 3
_TABLES = """
CREATE TABLE IF NOT EXISTS items (
  id TEXT PRIMARY KEY, place INTEGER NOT NULL, rank INTEGER NOT NULL, later INTEGER NOT NULL DEFAULT 0,
  checked INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS items_telling ON items (later, rank, place);
CREATE INDEX IF NOT EXISTS items_random ON items (later, place);
CREATE INDEX IF NOT EXISTS items_checked ON items (checked, rank, place);
CREATE TABLE IF NOT EXISTS decisions (
  number INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, reviewer TEXT NOT NULL, action TEXT NOT NULL,
  text TEXT, tags TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0, labels TEXT NOT NULL DEFAULT '{}',
  drawn TEXT NOT NULL DEFAULT 'telling', settles INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS decisions_item ON decisions (item, reviewer, undone);
CREATE TABLE IF NOT EXISTS claims (item TEXT PRIMARY KEY, reviewer TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS source (name TEXT PRIMARY KEY);
"""
_LATE_COLUMNS = {
    "labels": "TEXT NOT NULL DEFAULT '{}'",
    "drawn": "TEXT NOT NULL DEFAULT 'telling'",
    "settles": "INTEGER NOT NULL DEFAULT 0",
}
# Rows of which more than one person has decided the text that they have now, in the order of the queue.
_SHARED = """
SELECT d.item FROM decisions d JOIN items i ON i.id = d.item AND i.hash = d.hash
WHERE d.undone = 0 AND (:name IS NULL OR d.item = :name)
GROUP BY d.item HAVING COUNT(DISTINCT d.reviewer) > 1 ORDER BY i.later, i.rank, i.place
"""
_WORDS = """
SELECT item, hash, action, text, tags, note, reviewer, labels, drawn, settles FROM decisions
WHERE number IN (SELECT MAX(number) FROM decisions WHERE undone = 0 GROUP BY item, reviewer, settles)
AND (:reviewer IS NULL OR reviewer = :reviewer) AND (:item IS NULL OR item = :item) ORDER BY number
"""
_ORDERS: dict[Order, str] = {"telling": "i.later, i.rank, i.place", "random": "i.later, i.place"}
_PART = 200
_NEXT = """
SELECT i.id FROM items i
WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.undone = 0 AND d.hash = i.hash
                  AND (d.reviewer = :me OR :second = 0))
  AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.item = i.id AND c.reviewer <> :me AND c.until > :now)
  AND (:second = 0 OR EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.undone = 0
                              AND d.hash = i.hash AND d.reviewer <> :me))
ORDER BY {order} LIMIT 1
"""


class Shown(NamedTuple):
    """A row, and why it comes when it comes."""

    item: Item
    why: tuple[Why, ...]


class Store:
    """One database beside what is reviewed.

    What a person decided holds for the text that was seen: where a row's text is another one now, the row
    comes up again. Nobody is shown what somebody else decided before having decided too.
    """

    def __init__(self, path: Path, *, clock: Any = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA busy_timeout=10000")
            self._migrate()
        except sqlite3.Error as error:
            raise OutputError(
                Finding(
                    where=str(path),
                    found=str(error),
                    expected="a place for a SQLite database",
                    fix="Choose another --store, or move the file away.",
                )
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    def _migrate(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            self._base.execute("DROP TABLE IF EXISTS items")
            self._base.execute("DROP TABLE IF EXISTS source")
        self._base.executescript(_TABLES)
        there = {row[1] for row in self._base.execute("PRAGMA table_info(decisions)")}
        for name, kind in _LATE_COLUMNS.items():
            if name not in there:
                self._base.execute(f"ALTER TABLE decisions ADD COLUMN {name} {kind}")
        self._base.execute(f"PRAGMA user_version = {_VERSION}")

    def holds(self, source: str) -> bool:
        """Tell whether the rows of that source are the ones laid out here."""
        return self._all("SELECT name FROM source") == [(source,)]

    def fill(self, placed: Sequence[Placed], *, source: str = "", progress: Progress = silent) -> None:
        """Take over what there is to look at now, unchecked; decisions stay."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            self._base.execute("DELETE FROM items")
            self._base.execute("DELETE FROM source")
            self._base.execute("INSERT INTO source VALUES (?)", (source,))
            for start in range(0, len(placed), _PART * 10):
                part = placed[start : start + _PART * 10]
                self._base.executemany(
                    "INSERT INTO items (id, place, rank, hash, why, body) VALUES (?, ?, ?, ?, ?, ?)",
                    [_laid_out(place, one) for place, one in enumerate(part, start)],
                )
                progress("lay out", start + len(part), len(placed))
            self._base.execute("COMMIT")

    def check(
        self, measure: Callable[[Placed], tuple[int, tuple[Why, ...]]], *, until: Callable[[], bool]
    ) -> bool:
        """Measure rows that nobody has measured yet, and put them where they belong in the queue.

        Returns whether all are measured; ``until`` says, after every few rows, whether to stop before that.
        """
        query = "SELECT id, body FROM items WHERE checked = 0 ORDER BY rank, place LIMIT ?"
        while rows := self._all(query, _PART):
            found = []
            for name, body in rows:
                rank, why = measure(msgspec.json.decode(body, type=Placed))
                found.append((rank, msgspec.json.encode(why).decode(), name))
                if len(found) % 20 == 0 and until():
                    break
            with self._lock:
                self._base.execute("BEGIN IMMEDIATE")
                self._base.executemany("UPDATE items SET rank = ?, why = ?, checked = 1 WHERE id = ?", found)
                self._base.execute("COMMIT")
            if until():
                break
        return not self._all("SELECT 1 FROM items WHERE checked = 0 LIMIT 1")

    def item(self, name: str) -> Shown | None:
        """Return a row, or ``None`` where there is none."""
        found = self._all("SELECT body, why FROM items WHERE id = ?", name)
        if not found:
            return None
        body, why = found[0]
        placed = msgspec.json.decode(body, type=Placed)
        return Shown(placed.item, msgspec.json.decode(why, type=tuple[Why, ...]))

    def next(self, reviewer: str, *, second: bool = False, order: Order = "telling") -> str | None:
        """Claim the first row that waits for ``reviewer``; with ``second``, one that another has decided."""
        given = {"me": reviewer, "second": int(second), "now": self._clock()}
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            found = self._base.execute(_NEXT.format(order=_ORDERS[order]), given).fetchone()
            if found:
                self._claim(found[0], reviewer)
            self._base.execute("COMMIT")
        return found[0] if found else None

    def disputed(self) -> list[str]:
        """Return the rows on which people differ and that nobody has settled, in the order of the queue."""
        shared = self._all(_SHARED, {"name": None})
        return [name for (name,) in shared if self._open(self.said(name))]

    @staticmethod
    def _open(said: Sequence[Decision]) -> bool:
        return differ(said) and not any(one.settles for one in said)

    def said(self, name: str) -> list[Decision]:
        """Return what people said of the text that a row has now, where more than one did; else nothing."""
        if not self._all(_SHARED, {"name": name}):
            return []
        held = self.item(name)
        return [one for one in self._words(item=name) if held is not None and one.hash == held.item.hash]

    def next_disputed(self, reviewer: str) -> str | None:
        """Claim the first row that waits to be settled."""
        for name in self.disputed():
            with self._lock:
                self._base.execute("BEGIN IMMEDIATE")
                self._claim(name, reviewer)
                held = self._base.execute("SELECT reviewer FROM claims WHERE item = ?", (name,)).fetchone()
                self._base.execute("COMMIT")
            if held[0] == reviewer:
                return name
        return None

    def _claim(self, name: str, reviewer: str) -> None:
        """Give a row to a reviewer, who lets go of any other; an unexpired claim of somebody else stands."""
        now = self._clock()
        self._base.execute("DELETE FROM claims WHERE reviewer = ? OR until <= ?", (reviewer, now))
        self._base.execute(
            "INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", (name, reviewer, now + _CLAIM_SECONDS)
        )

    def decide(self, decision: Decision) -> bool:
        """Keep a decision.

        ``False`` where the row's text is another one by now, the row is gone, or another person is at it.
        """
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            held = self._base.execute("SELECT hash FROM items WHERE id = ?", (decision.id,)).fetchone()
            other = self._base.execute(
                "SELECT 1 FROM claims WHERE item = ? AND reviewer <> ? AND until > ?",
                (decision.id, decision.reviewer, self._clock()),
            ).fetchone()
            fits = held is not None and held[0] == decision.hash and other is None
            if fits:
                self._base.execute(
                    "INSERT INTO decisions (item, reviewer, action, text, tags, note, hash, at, labels, "
                    "drawn, settles) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        decision.id,
                        decision.reviewer,
                        decision.action,
                        decision.text,
                        msgspec.json.encode(decision.tags).decode(),
                        decision.note,
                        decision.hash,
                        self._clock(),
                        msgspec.json.encode(decision.labels).decode(),
                        decision.order,
                        int(decision.settles),
                    ),
                )
                self._base.execute("DELETE FROM claims WHERE item = ?", (decision.id,))
            self._base.execute("COMMIT")
        return fits

    def later(self, name: str) -> None:
        """Put a row behind all others that wait, for everybody."""
        with self._lock:
            self._base.execute(
                "UPDATE items SET later = (SELECT MAX(later) + 1 FROM items) WHERE id = ?", (name,)
            )
            self._base.execute("DELETE FROM claims WHERE item = ?", (name,))

    def undo(self, reviewer: str) -> str | None:
        """Take back a reviewer's last decision and return its row, which is theirs again."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            last = self._base.execute(
                "SELECT number, item FROM decisions WHERE reviewer = ? AND undone = 0 "
                "ORDER BY number DESC LIMIT 1",
                (reviewer,),
            ).fetchone()
            if last:
                self._base.execute("UPDATE decisions SET undone = 1 WHERE number = ?", (last[0],))
                self._claim(last[1], reviewer)
            self._base.execute("COMMIT")
        return last[1] if last else None

    def decisions(self, reviewer: str | None = None) -> list[Decision]:
        """Return what holds: each person's (or ``reviewer``'s) last word on each row, as it was given.

        A word that settles a row stands beside what the same person said of it before.
        """
        return self._words(reviewer=reviewer)

    def _words(self, *, reviewer: str | None = None, item: str | None = None) -> list[Decision]:
        return [
            Decision(
                id=name,
                hash=seen,
                action=action,
                text=text,
                tags=tuple(msgspec.json.decode(tags)),
                note=note,
                reviewer=who,
                labels=msgspec.json.decode(labels),
                order=drawn,
                settles=bool(settles),
            )
            for name, seen, action, text, tags, note, who, labels, drawn, settles in self._all(
                _WORDS, {"reviewer": reviewer, "item": item}
            )
        ]

    def progress(self, reviewer: str) -> dict[str, int]:
        """Count the rows, those checked, those decided by anybody, and those decided by ``reviewer``."""
        query = (
            "SELECT COUNT(DISTINCT d.item) FROM decisions d "
            "JOIN items i ON i.id = d.item AND i.hash = d.hash "
        )
        rows, checked = self._all("SELECT COUNT(*), TOTAL(checked) FROM items")[0]
        return {
            "rows": rows,
            "checked": int(checked),
            "done": self._all(query + "WHERE d.undone = 0")[0][0],
            "mine": self._all(query + "WHERE d.undone = 0 AND d.reviewer = ?", reviewer)[0][0],
        }

    def _all(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            named = given[0] if given and isinstance(given[0], dict) else given
            return self._base.execute(query, named).fetchall()


def _laid_out(place: int, one: Placed) -> tuple[Any, ...]:
    why = msgspec.json.encode(one.why).decode()
    return (one.item.id, place, one.rank, one.item.hash, why, msgspec.json.encode(one))
