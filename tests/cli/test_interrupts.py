"""Ctrl-C at an instant at which nothing can be raised, and twice."""

import signal
import subprocess
import sys

from workbench.errors import EXIT_INTERRUPTED

# An interrupt within a finaliser: Python can only tell of it, and goes on.
WITHIN = """
import os, signal, sys, time
from workbench import cli

class Held:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

def app(**_):
    Held()
    time.sleep(20)
    return 0

import workbench.cli.verbs
workbench.cli.verbs.app = app
sys.argv = ["workbench"]
cli.main()
"""


def test_an_interrupt_that_nothing_can_raise_comes_again_and_leaves_no_trace():
    done = subprocess.run(
        [sys.executable, "-c", WITHIN], check=False, capture_output=True, text=True, timeout=15
    )
    assert done.returncode == EXIT_INTERRUPTED
    assert done.stderr == "\ninterrupted: nothing half-written counts; run the same command again to go on\n"


def test_two_interrupts_at_once_are_one():
    twice = WITHIN.replace("    Held()\n", "    print('here', flush=True)\n")
    with subprocess.Popen(
        [sys.executable, "-c", twice], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=15)[1]
    assert process.returncode == EXIT_INTERRUPTED
    assert "Traceback" not in told
