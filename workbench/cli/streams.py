"""What a process is started with, made fit to be written to, whoever starts it."""

from __future__ import annotations

import io
import os
import sys

_STANDARD = (0, 1, 2)


def prepare() -> None:
    """Open what is closed, and have no text be refused by an encoding that lacks its letters.

    With a closed standard stream the next file that is opened would take its number, and whatever a library
    prints would end in that file.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123  open to the end
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
