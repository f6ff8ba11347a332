"""What a stage cost, measured one way for every summary."""

from __future__ import annotations

import resource
import sys


def peak_mb() -> float:
    """Return the greatest memory this process has held so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return round(peak / unit, 1)
