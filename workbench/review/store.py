"""Decisions in SQLite: several people at once, each with an undo of their own."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, OutputError
from workbench.io.decisions import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.review.items import Item

_CLAIM_SECONDS = 300.0
_TABLES = """
CREATE TABLE IF NOT EXISTS items (
  id TEXT PRIMARY KEY, place INTEGER NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS items_place ON items (place);
CREATE TABLE IF NOT EXISTS decisions (
  number INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, reviewer TEXT NOT NULL, action TEXT NOT NULL,
  text TEXT, tags TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS decisions_item ON decisions (item, reviewer, undone);
CREATE TABLE IF NOT EXISTS claims (item TEXT PRIMARY KEY, reviewer TEXT NOT NULL, until REAL NOT NULL);
"""
_NEXT = """
SELECT i.id FROM items i
WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.undone = 0 AND d.hash = i.hash
                  AND (d.reviewer = :me OR :second = 0))
  AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.item = i.id AND c.reviewer <> :me AND c.until > :now)
  AND (:second = 0 OR EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.undone = 0
                              AND d.hash = i.hash AND d.reviewer <> :me))
ORDER BY i.place LIMIT 1
"""


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
            self._base.executescript(_TABLES)
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

    def fill(self, items: Sequence[Item]) -> None:
        """Take over what there is to look at now; decisions stay."""
        rows = [(one.id, place, one.hash, msgspec.json.encode(one)) for place, one in enumerate(items)]
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            self._base.execute("DELETE FROM items")
            self._base.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
            self._base.execute("COMMIT")

    def item(self, name: str, kind: type[Item]) -> Item | None:
        """Return a row, or ``None`` where there is none."""
        found = self._all("SELECT body FROM items WHERE id = ?", name)
        return msgspec.json.decode(found[0][0], type=kind) if found else None

    def next(self, reviewer: str, *, second: bool = False) -> str | None:
        """Claim the first row that waits for ``reviewer``; with ``second``, one that another has decided."""
        given = {"me": reviewer, "second": int(second), "now": self._clock()}
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            found = self._base.execute(_NEXT, given).fetchone()
            if found:
                self._claim(found[0], reviewer)
            self._base.execute("COMMIT")
        return found[0] if found else None

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
                    "INSERT INTO decisions (item, reviewer, action, text, tags, note, hash, at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        decision.id,
                        decision.reviewer,
                        decision.action,
                        decision.text,
                        msgspec.json.encode(decision.tags).decode(),
                        decision.note,
                        decision.hash,
                        self._clock(),
                    ),
                )
                self._base.execute("DELETE FROM claims WHERE item = ?", (decision.id,))
            self._base.execute("COMMIT")
        return fits

    def later(self, name: str) -> None:
        """Put a row behind all others that wait, for everybody."""
        with self._lock:
            self._base.execute(
                "UPDATE items SET place = (SELECT MAX(place) + 1 FROM items) WHERE id = ?", (name,)
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

    def decisions(self) -> list[Decision]:
        """Return what holds: each person's last word on each row, in the order it was given."""
        rows = self._all(
            "SELECT item, hash, action, text, tags, note, reviewer FROM decisions WHERE number IN "
            "(SELECT MAX(number) FROM decisions WHERE undone = 0 GROUP BY item, reviewer) ORDER BY number"
        )
        return [
            Decision(
                id=item,
                hash=seen,
                action=action,
                text=text,
                tags=tuple(msgspec.json.decode(tags)),
                note=note,
                reviewer=reviewer,
            )
            for item, seen, action, text, tags, note, reviewer in rows
        ]

    def progress(self, reviewer: str) -> dict[str, int]:
        """Count the rows, those decided by anybody, and those decided by ``reviewer``."""
        query = (
            "SELECT COUNT(DISTINCT d.item) FROM decisions d "
            "JOIN items i ON i.id = d.item AND i.hash = d.hash "
        )
        return {
            "rows": self._all("SELECT COUNT(*) FROM items")[0][0],
            "done": self._all(query + "WHERE d.undone = 0")[0][0],
            "mine": self._all(query + "WHERE d.undone = 0 AND d.reviewer = ?", reviewer)[0][0],
        }

    def _all(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._base.execute(query, given).fetchall()
