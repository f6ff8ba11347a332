"""Pages of docs are run as they stand, so that they stay true."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from workbench.cli import execute
from workbench.io.bundled import bundled

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial-samples.md"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "from-log-to-pairs.md"


def steps(page):
    """Return every command of the page with the lines of output that the page shows under it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.strip().split("\n")
            found.append((command, shown))
    return found


@pytest.mark.parametrize("page", [PAGE, TUTORIAL], ids=lambda path: path.stem)
def test_the_page_is_true(page, tmp_path, monkeypatch, capsys):
    shutil.copytree(bundled("samples"), tmp_path / "samples", ignore=shutil.ignore_patterns("base*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert len(steps(page)) >= 5
    for command, shown in steps(page):
        name, *arguments = shlex.split(command)
        if name == "head":
            first = Path(arguments[-1]).read_text(encoding="utf-8").split("\n")[0]
            Path("requests.jsonl").write_text(_request(first), encoding="utf-8")
            continue
        assert name == "workbench"
        assert execute(arguments) == 0, command
        printed = " ".join(capsys.readouterr().out.split())
        for line in shown:
            for piece in line.split("…"):
                assert " ".join(piece.split()) in printed, (command, line)
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(code, {})  # noqa: S102 - the page's own lines


def _request(line):
    record = json.loads(line)
    return json.dumps({"model": "m", "messages": record["messages"][:-1]}, ensure_ascii=False) + "\n"


def test_the_page_names_every_output(tmp_path):
    out = tmp_path / "out"
    logs = sorted(bundled("samples").glob("*/logs.jsonl"))[:2]
    assert execute(["convert", *map(str, logs), "--out", str(out), "--quiet"]) == 0
    page = PAGE.read_text(encoding="utf-8")
    for path in out.iterdir():
        assert path.name in page or path.name in {"manifest.json", "summary.json"}, path.name
