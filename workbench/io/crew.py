"""Shares work between processes, in order and in bounded memory, or does it here where that is quicker."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

_WORTH_A_PROCESS = 4
_HELD: dict[int, Any] = {}


class Crew:
    """At most ``workers`` processes, started when there is enough to do and kept until the end.

    What a piece of work gives must depend on the piece alone: then the number of workers changes nothing.
    """

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._number = 0

    def __enter__(self) -> Self:
        """Return itself; processes are started later."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def alone(self, count: int) -> bool:
        """Tell whether ``count`` pieces of work are done in this process."""
        return self._workers == 1 or count < _WORTH_A_PROCESS

    def map(self, work: Callable[[T], R], pieces: Iterable[T], *, count: int) -> Iterator[R]:
        """Yield ``work(piece)`` of the ``count`` pieces in order.

        Pieces are asked for as workers come free, so that a later one may depend on results before it.
        ``work`` has to be picklable.
        """
        if self.alone(count):
            for piece in pieces:
                with _without_collector():
                    done = work(piece)
                yield done
            return
        self._number += 1
        # Written out once and as it is with every piece: a process reads it with its first piece alone.
        yield from self._shared(self._number, bytes(ForkingPickler.dumps(work)), pieces)

    def _shared(self, number: int, work: bytes, pieces: Iterable[Any]) -> Iterator[Any]:
        if self._pool is None:
            # A forked child would inherit the locks of polars' threads; a fresh process has its own.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=context, initializer=end_with_parent)
        waiting: deque[Future[Any]] = deque()
        try:
            for piece in pieces:
                waiting.append(self._pool.submit(_done, number, work, piece))
                if len(waiting) > self._workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone: killed, it can't tell anybody."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _done(number: int, work: bytes, piece: Any) -> Any:
    """Do a piece of the work of that number, which is kept until another one comes."""
    if number not in _HELD:
        _HELD.clear()
        _HELD[number] = ForkingPickler.loads(work)
    with _without_collector():
        return _HELD[number](piece)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from going through all live rows again and again: none is in a cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
