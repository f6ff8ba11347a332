"""Links of the documentation lead somewhere: to a file that is there, and to a heading in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("README.md")])
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s#]*)(#[^)\s]*)?\)")
MADE = ("reference/",)  # pages that the site makes of the code: `mkdocs build` checks them


def prose(page):
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page):
    return [(found[1], (found[2] or "").lstrip("#")) for found in _LINK.finditer(prose(page))]


def anchors(page):
    """Return the names that GitHub and the site give to headings."""
    heads = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", head).casefold() for head in heads]
    return {re.sub(r"[^\w\- ]", "", head).strip().replace(" ", "-") for head in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_its_heading(page):
    for target, anchor in links(page):
        if "://" in target or target.startswith(("mailto:", *MADE)):
            continue
        aim = (page.parent / target).resolve() if target else page
        assert aim.exists(), f"{page.name}: {target}"
        if anchor and aim.suffix == ".md":
            assert anchor in anchors(aim), f"{page.name}: {target}#{anchor}"


def test_both_readmes_lead_to_every_page():
    """A reader of Chinese finds the same pages as a reader of English."""
    found = {}
    for name in ("README.md", "README.zh-CN.md"):
        found[name] = {(ROOT / target).resolve() for target, _ in links(ROOT / name) if "://" not in target}
        readmes = {(ROOT / "README.md").resolve(), (ROOT / "README.zh-CN.md").resolve()}
        missing = {path for path in PAGES if path.is_relative_to(ROOT / "docs")} - found[name]
        assert not {path for path in missing if path.parent == ROOT / "docs"}, name
        found[name] -= readmes
    assert found["README.md"] == found["README.zh-CN.md"]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_is_short_and_begins_with_a_command_and_shows_the_report(name):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert len(lines) <= 150
    assert lines.index("```sh") < 24
    assert "make demo" in lines[lines.index("```sh") + 1]
    assert any(line.startswith("![") and "docs/images/report.png" in line for line in lines)


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    """Strict: a link or heading that isn't there, or a page that the navigation lacks, is an error."""
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "reference" / "verbs.html").is_file()
