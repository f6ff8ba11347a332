"""Runs a chat template once in a process of its own, within bounds, before it runs in ours.

A template is a program that comes with a base. transformers runs it in a sandbox, from where it can reach
neither files nor Python, but it may loop without end or write until the memory is full.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

from workbench.errors import Finding, ModelError

# Seconds of processor time, bytes of memory and characters that one short chat may take.
SECONDS, MEMORY, CHARACTERS = 5, 1 << 30, 1_000_000
_CALM, _ENDLESS, _HUGE = 0, 10, 11
_PROBE = f"""
import datetime, json, resource, signal, sys
signal.signal(signal.SIGXCPU, lambda *_: sys.exit({_ENDLESS}))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS + 1}))
from jinja2.sandbox import ImmutableSandboxedEnvironment
def refuse(why):
    raise ValueError(why)
chat = [{{"role": role, "content": "Zq7"}} for role in ("user", "assistant", "user")]
try:
    makes = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    makes.filters["tojson"] = lambda value, **_: json.dumps(value)
    makes.globals["raise_exception"] = refuse
    makes.globals["strftime_now"] = lambda form: datetime.datetime(2024, 7, 26).strftime(form)
    length = 0
    for piece in makes.from_string(sys.stdin.read()).generate(messages=chat, add_generation_prompt=True):
        length += len(piece)
        if length > {CHARACTERS}:
            sys.exit({_HUGE})
except MemoryError:
    sys.exit({_HUGE})
except Exception:
    pass  # what else is wrong with it is told when it is used
"""


def refuse_runaway(template: str, *, name: str) -> None:
    """Refuse a chat template that doesn't come to an end on a short chat.

    Raises:
        ModelError: it took more than ``SECONDS`` of processor time, ``MEMORY`` or ``CHARACTERS``.
    """
    found = {
        _ENDLESS: f"a template that takes more than {SECONDS} s of processor time for a short chat",
        _HUGE: f"a template that writes over {CHARACTERS} characters, or needs over 1 GiB, for a short chat",
    }.get(_tried(template))
    if found:
        raise ModelError(
            Finding(
                where=f"the chat template of {name}",
                found=found,
                expected="one that writes each message once",
                fix="Don't use this base before somebody has read its chat_template.jinja.",
            )
        )


@lru_cache(maxsize=64)
def _tried(template: str) -> int:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE],
            input=template.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _ENDLESS
    if done.returncode < 0:  # the kernel took it: for its time where that was up, else for its memory
        return _ENDLESS
    return done.returncode
