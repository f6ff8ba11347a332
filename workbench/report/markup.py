"""Builds HTML and SVG with one escape used everywhere, so that no text of a model can become markup."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

from workbench.text import language, visible
from workbench.wording import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"br", "hr", "input", "link", "meta"})
_SURE = 0.5


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Html | float | None
Attribute = str | float | bool | None


def escape(text: object) -> Html:
    """Turn any value into text of a page; what HTML can't hold shows as a visible mark.

    Quotes stay: they are nothing in text, and JSON is full of them. Attributes escape them too.
    """
    if isinstance(text, Html):
        return text
    return Html(html.escape(visible(str(text)), quote=False))


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Build an element; children that aren't ``Html`` are escaped, as every attribute is.

    ``class_`` is ``class`` and ``data_x`` is ``data-x``. ``True`` gives a bare attribute; ``None`` and
    ``False`` leave it out, and a child of ``None`` is nothing.
    """
    start = tag + "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{start}>")
    return Html(f"<{start}>{joined(children)}</{tag}>")


def joined(children: Iterable[Child]) -> Html:
    """Put children one after another."""
    return Html("".join(escape(child) for child in children if child is not None))


def scrolling(child: Html, *, label: str) -> Html:
    """Let what may be wider than the page scroll by itself; the keyboard reaches it, and it has a name."""
    return element("div", child, class_="scroll", tabindex="0", role="region", aria_label=label)


def anchor(kind: str, name: str) -> str:
    """Return the address within the page of what has the id ``kind-name``."""
    return "#" + quote(f"{kind}-{name}", safe="", errors="replace")


def prose(text: str) -> str | None:
    """Return the ``lang`` of a text where it surely isn't in the page's language, else ``None``."""
    code, sure = language(text)
    return code if code not in {spoken(), "und"} and sure >= _SURE else None


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    # ``str`` makes plain text of ``Html`` as well: nothing is markup within an attribute.
    quoted = escape(str(value)).replace('"', "&quot;")
    return f' {name}="{quoted}"'
