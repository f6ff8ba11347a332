"""Hooks of the documentation site: generated reference, pages from the root, links that leave ``docs/``."""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reference
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parent.parent
# Pages that stand at the root, so that people find them there, by their place in the site.
OF_ROOT = {
    "index.md": "README.md",
    "zh.md": "README.zh-CN.md",
    "architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and those of the root; what the navigation doesn't list comes last in it."""
    for name, source in OF_ROOT.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=rewritten(text, at=source, page=name)))
    for name, text in reference.pages().items():
        files.append(File.generated(config, f"reference/{name}", content=text))
    listed = set(_names(config.nav))
    pages = (file.src_uri for file in files.documentation_pages())
    rest = sorted(name for name in pages if name not in listed and not name.startswith("decisions/"))
    if rest:
        config.nav = [*(config.nav or []), {"More": rest}]
    return files


def _names(entry: Any) -> Iterator[str]:
    """Yield every page that a navigation lists."""
    if isinstance(entry, str):
        yield entry
    for inner in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from _names(inner)


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn links that leave the site into plain text or into the page that stands for their target."""
    src = page.file.src_uri
    if src in OF_ROOT or src.startswith("reference/"):
        return markdown
    return rewritten(markdown, at=f"docs/{src}", page=src)


def rewritten(text: str, *, at: str, page: str) -> str:
    """Point links of the file ``at`` (from the root) to pages of the site; targets outside become text."""
    homes = {source: name for name, source in OF_ROOT.items()}

    def moved(found: re.Match[str]) -> str:
        image, label, target, anchor = found[1], found[2], found[3], found[4] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
        inside = homes.get(aim) or (aim.removeprefix("docs/") if _published(aim) else None)
        if inside is None:
            return f"{label} (`{aim}`)" if label.strip("`") != aim else f"`{aim}`"
        near = posixpath.relpath(inside, posixpath.dirname(page) or ".")
        return f"{image}[{label}]({near}{anchor})"

    return _LINK.sub(moved, text)


def _published(aim: str) -> bool:
    """Tell whether a path is a file of the site (folders are none)."""
    return aim.startswith("docs/") and (ROOT / aim).is_file()
