"""Takes large arrays from the system itself, or from disk: what is let go of is given back at once."""

from __future__ import annotations

import mmap
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

_HUGE = 4 << 20
_READING = threading.Lock()


def room(*shape: int, dtype: DTypeLike) -> NDArray[Any]:
    """Make an array of zeros whose pages are taken as they are first written to.

    The common allocator keeps what it took for arrays below 32 MiB, and copies when it grows one.
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if not size or not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(shape, kind)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= _HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, kind).reshape(shape)


def shrunk(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the first ``size`` numbers of a `room`; the pages of the rest go back to the system."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        page = mmap.PAGESIZE
        kept = -(-size * array.itemsize // page) * page
        if kept < len(base):
            base.madvise(mmap.MADV_DONTNEED, kept, len(base) - kept)
    return array.reshape(-1)[:size]


def mapped(path: str | Path) -> NDArray[Any]:
    """Open a ``.npy`` file without reading it whole; from any number of threads.

    One at a time: Python 3.11 may fail where two threads parse literals, as the heads of such files are
    (``SystemError: AST constructor recursion depth mismatch``).
    """
    with _READING:
        found: NDArray[Any] = np.load(path, mmap_mode="r")
    return found
