"""Measuring goes on after a kill from the chunks that were done, and gives the same."""

import os
import signal
import subprocess
import sys
import time

import polars as pl
from made_rows import frame

from workbench.signals import DEFAULT, Boilerplate, Lengths, Tools, measure
from workbench.signals.rows import Rows, rows_of

WORK = """
import sys
from pathlib import Path
import polars as pl
from workbench.signals import Lengths, Scripts, Tools, measure
from workbench.signals import run
run._CHUNK = 64
measure(pl.read_parquet(sys.argv[1]), [Lengths(), Scripts()], tools=Tools(held=Path(sys.argv[2])))
"""


def many(count):
    return frame(
        *(
            {"question": f"what is {n}", "answer": f"It is {n}. Ask again. 明天 {n}。" * 4}
            for n in range(count)
        )
    )


def test_after_a_kill_what_was_measured_is_not_measured_again(tmp_path, monkeypatch):
    from workbench.signals import Scripts

    rows, held = many(6_000), tmp_path / "held"
    rows.write_parquet(tmp_path / "pairs.parquet")
    child = subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path / "pairs.parquet"), str(held)])
    until = time.monotonic() + 60
    while len(list(held.glob("*.parquet"))) < 5 and time.monotonic() < until:
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    done = {path: path.stat().st_mtime_ns for path in held.glob("*.parquet")}
    assert 5 <= len(done) < 94
    monkeypatch.setattr("workbench.signals.run._CHUNK", 64)
    found = measure(rows, [Lengths(), Scripts()], tools=Tools(held=held))
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert found.equals(measure(rows, [Lengths(), Scripts()]))


def test_chunks_held_change_no_value(tmp_path):
    rows = many(40)
    assert measure(rows, DEFAULT, tools=Tools(held=tmp_path / "held")).equals(measure(rows, DEFAULT))


def test_rows_are_taken_apart_as_they_are_asked_for(monkeypatch):
    monkeypatch.setattr("workbench.signals.rows._PART", 3)
    table = many(8)
    rows = Rows(table)
    answers = [row.answer for row in rows_of(table)]
    assert len(rows) == 8
    assert [row.answer for row in rows] == answers == [row.answer for row in rows]
    assert rows[-1].answer == answers[-1]
    assert [row.answer for row in rows[2:4]] == answers[2:4]


def test_boilerplate_counts_a_sentence_once_an_answer():
    rows = frame({"answer": "Bye. Bye. Bye. One."}, {"answer": "Two."}, {"answer": "Bye. Three."})
    assert measure(rows, [Boilerplate(common=0.01, least=3)])["boilerplate"].to_list() == [0.0, 0.0, 0.0]
    two = measure(rows, [Boilerplate(common=0.01, least=2)])["boilerplate"].to_list()
    assert two == [12 / 16, 0.0, 4 / 10]
    assert measure(rows.clear(), [Boilerplate()]).schema == {"boilerplate": pl.Float64()}
