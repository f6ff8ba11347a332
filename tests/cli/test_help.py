import subprocess
import sys
from typing import get_args, get_type_hints

import pytest

HEAVY = ("torch", "transformers", "peft", "datasets", "numba", "polars", "scipy", "numpy", "jsonschema")


def modules_after(code):
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_imports_nothing_heavy():
    loaded = modules_after("from workbench.cli import execute\nassert execute(['--help']) == 0")
    assert not loaded & set(HEAVY)
    assert "typer" in loaded


@pytest.mark.parametrize("name", HEAVY)
def test_the_check_for_heavy_imports_can_fail(name):
    assert name in modules_after(f"import {name}")


def verbs():
    import typer.main

    from workbench.cli.verbs import app

    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner:
            yield from ((f"{name} {sub}", leaf) for sub, leaf in inner.items())
        else:
            yield name, command


def test_every_verb_has_help_with_an_example():
    found = dict(verbs())
    assert len(found) >= 12
    for name, command in found.items():
        assert "Example:" in (command.help or ""), name
        assert f"workbench {name}" in command.help, name


def test_every_option_is_explained():
    for name, command in verbs():
        for parameter in command.params:
            if parameter.name != "help":
                assert getattr(parameter, "help", None), (name, parameter.name)


def test_every_log_format_can_be_named():
    from workbench.cli.convert import convert
    from workbench.io.readers import FORMATS

    named, absent = get_args(get_type_hints(convert)["log_format"])
    assert absent is type(None)
    assert set(get_args(named)) == {"auto", *FORMATS}


def test_version():
    import workbench

    done = subprocess.run(
        [sys.executable, "-m", "workbench", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == workbench.__version__


@pytest.mark.parametrize("arguments", [["nonsense"], ["convert", "--nonsense"], ["convert"]])
def test_usage_errors_exit_2(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
