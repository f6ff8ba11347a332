"""One thread that owns the model: it takes jobs from a bounded queue and writes them together."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.errors import WorkbenchError
from workbench.records import Value
from workbench.serve.batch import Batch, Job, Piece, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.backends.local import LocalBackend

T = TypeVar("T")
_FAILURES = (RuntimeError, ValueError, IndexError, KeyError, TypeError, OSError, MemoryError)


class QueueFullError(Exception):
    """As many jobs wait as may wait."""


class ClosingError(Exception):
    """The engine finishes what runs and takes nothing new."""


class Room(Value, frozen=True, kw_only=True):
    """How much is written at once and may wait.

    ``rows`` are written together, ``waiting`` more may wait; ``gather`` is how many seconds the first job of
    an idle engine waits for company.
    """

    rows: int = 32
    waiting: int = 128
    gather: float = 0.003


class Engine:
    """Jobs in, pieces of their answers out through ``Job.told``; adapters may differ from job to job."""

    def __init__(self, backend: LocalBackend, *, room: Room | None = None) -> None:
        self.backend = backend
        self.room = room or Room()
        self._batch = Batch(backend)
        self._waiting: deque[Job] = deque()
        self._actions: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._news = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    @property
    def writing(self) -> int:
        """How many jobs are being written."""
        return len(self._batch.rows)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue jobs, all or none.

        Raises:
            QueueFullError: they don't all find room.
            ClosingError: the engine was told to close.
        """
        with self._news:
            if self._closing:
                raise ClosingError
            # Before the thread has taken them, jobs that fit into the batch wait as well.
            free = max(self.room.rows - self.writing, 0)
            if len(self._waiting) + len(jobs) > self.room.waiting + free:
                raise QueueFullError
            self._waiting.extend(jobs)
            self._news.notify()

    def between(self, action: Callable[[], T]) -> Future[T]:
        """Do something to the model between two tokens, when nothing else uses it.

        Raises:
            ClosingError: the engine was told to close.
        """
        done: Future[T] = Future()
        with self._news:
            if self._closing:
                raise ClosingError
            self._actions.append((action, done))
            self._news.notify()
        return done

    def uses(self, adapter: str) -> bool:
        """Tell whether a job of this adapter waits or is being written; call it ``between`` tokens."""
        rows = [row.job for row in self._batch.rows]
        return any(job.adapter == adapter for job in (*rows, *self._waiting))

    def close(self, *, within: float = 30.0) -> None:
        """Take nothing new, finish what runs and waits for up to ``within`` seconds, and end the thread."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(within)
        if self._thread.is_alive():
            for job in self._all():
                job.cancelled = True
            self._thread.join(10)

    def _all(self) -> list[Job]:
        with self._news:
            return [*(row.job for row in self._batch.rows), *self._waiting]

    def _run(self) -> None:
        while self._wait():
            self._act()
            self._clear()
            try:
                self._admit()
                if self._batch.rows:
                    self._batch.step()
            except (WorkbenchError, *_FAILURES) as error:
                # One broken batch must not end the service: its callers are told, the next ones are served.
                self._fail(error)

    def _wait(self) -> bool:
        with self._news:
            idle = not self._batch.rows
            while not (self._waiting or self._actions or self._batch.rows or self._closing):
                self._news.wait()
            if not (self._waiting or self._actions or self._batch.rows):
                return False
        if idle and self._waiting and self.room.gather:
            time.sleep(self.room.gather)
        return True

    def _act(self) -> None:
        while self._actions:
            action, done = self._actions.popleft()
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(action())
            except (WorkbenchError, *_FAILURES) as error:
                done.set_exception(error)

    def _clear(self) -> None:
        """End the jobs whose caller has gone or whose time is up, waiting ones too."""
        now = time.monotonic()
        for row in self._batch.rows:
            if reason := _over(row.job, now):
                row.end(reason)
        self._batch.leave()
        known = {None, *self.backend.adapters}
        with self._news:
            over = [job for job in self._waiting if _over(job, now) or job.adapter not in known]
            for job in over:
                self._waiting.remove(job)
        for job in over:
            fault = "" if job.adapter in known else f"the adapter {job.adapter} was dropped"
            job.told(Piece(text="", tokens=0, finish=_over(job, now) or "error", fault=fault))

    def _admit(self) -> None:
        """Move jobs from the queue into the batch, in their order, as long as they may stand in it."""
        with self._news:
            chosen: list[Job] = []
            while self._waiting and len(self._batch.rows) + len(chosen) < self.room.rows:
                adapter = self._waiting[0].adapter
                if not self._batch.takes(adapter) or not self._together(adapter, chosen):
                    break
                chosen.append(self._waiting.popleft())
        if chosen:
            rows = [Row(job, self.backend.base.renderer) for job in chosen]
            try:
                self._batch.join(rows)
            except (WorkbenchError, *_FAILURES):
                for row in rows:
                    if not row.done and row not in self._batch.rows:
                        row.end("error", fault="the model failed on this batch")
                raise

    def _together(self, adapter: str | None, chosen: Sequence[Job]) -> bool:
        names = {job.adapter for job in chosen} | {adapter}
        return len(names) == 1 or all(map(self.backend.mixes, names))

    def _fail(self, error: Exception) -> None:
        for row in self._batch.rows:
            if not row.done:
                row.end("error", fault=f"{type(error).__name__}: the model failed on this batch")
        self._batch.clear()


def _over(job: Job, now: float) -> str:
    if job.cancelled:
        return "cancelled"
    return "timeout" if now > job.deadline else ""
