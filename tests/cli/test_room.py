"""Where a limit leaves hardly any memory, a command says so and ends; polars would wait for good."""

import resource
import subprocess
import sys

import pytest

from workbench.cli.room import refuse_without_room
from workbench.errors import ConfigError, is_of_memory

linux = pytest.mark.skipif(sys.platform != "linux", reason="no other system tells what a process holds")


def limited(monkeypatch, size):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (size, size))


@linux
def test_no_limit_and_a_wide_one_hold_nobody_up(monkeypatch):
    limited(monkeypatch, resource.RLIM_INFINITY)
    assert refuse_without_room() is None
    limited(monkeypatch, 1 << 44)
    assert refuse_without_room() is None


@linux
def test_a_limit_under_what_libraries_need_is_refused_before_they_load(monkeypatch):
    limited(monkeypatch, (512 << 20) - 1)
    with pytest.raises(ConfigError, match="511 MiB of memory in all"):
        refuse_without_room()


@linux
def test_hardly_any_room_left_is_refused(monkeypatch):
    import numba  # noqa: F401 - holds more addresses than the limit of libraries
    import polars as pl  # noqa: F401

    with open("/proc/self/statm") as told:  # noqa: PTH123
        held = int(told.read().split()[0]) * resource.getpagesize()
    limited(monkeypatch, max(held + (10 << 20), 512 << 20))
    with pytest.raises(ConfigError, match="left to this process"):
        refuse_without_room()


@linux
def test_the_command_line_ends_with_exit_code_2_under_a_limit():
    ended = subprocess.run(
        ["sh", "-c", f"ulimit -v 400000; exec {sys.executable} -m workbench schema --dir nowhere"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "390 MiB of memory in all" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("error", "of_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("could not create a primitive"), True),
        (ImportError("x.so: failed to map segment from shared object"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."), True),
        (RuntimeError("shapes differ"), False),
    ],
)
def test_libraries_say_in_many_words_that_no_memory_is_left(error, of_memory):
    assert is_of_memory(error) is of_memory
