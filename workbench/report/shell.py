"""The frame that every page shares: bar, sections, themes, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from workbench.report.markup import Html, element
from workbench.wording import say, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping


def page(
    *,
    title: str,
    about: str,
    names: Mapping[str, str],
    top: Html,
    parts: Mapping[str, Html | None],
    foot: str,
) -> str:
    """Put sections (by key; ``None`` is left out) under ``top`` on one self-contained page.

    ``names`` gives each section's heading; ``about`` stands beside the product's name. The content security
    policy allows the page's own style and script by their hashes, and nothing else.
    """
    style, script = _asset("report.css"), _asset("report.js")
    shown = {name: part for name, part in parts.items() if part is not None}
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{title} · workbench"),
        element("link", rel="icon", href="data:,"),
        element("style", Html(style)),
        element("script", Html(script)),
    )
    body = element(
        "body",
        element("a", say("Skip to the report"), href="#main", class_="skip"),
        _bar(about, names, shown),
        element("main", top, *(_section(name, names[name], part) for name, part in shown.items()), id="main"),
        element("footer", element("p", foot, class_="quiet")),
    )
    lang = "zh-CN" if spoken() == "zh" else "en"
    return f"<!doctype html>\n{element('html', head, body, lang=lang)}\n"


def _bar(about: str, names: Mapping[str, str], shown: Mapping[str, Html]) -> Html:
    links = (element("a", names[name], href=f"#{name}") for name in shown)
    toggle = element(
        "button", say("Theme"), type="button", class_="theme", hidden=True, aria_pressed="false",
        data_light=say("Light"), data_dark=say("Dark"),
        data_to_light=say("Use light colours"), data_to_dark=say("Use dark colours"),
    )  # fmt: skip
    title = element("a", "workbench", element("span", about) if about else None, href="#main")
    return element(
        "header",
        element("p", title, class_="brand"),
        element("nav", *links, aria_label=say("Sections")),
        toggle,
    )


def _section(name: str, heading: str, part: Html) -> Html:
    return element(
        "section",
        element("h2", heading, id=f"{name}-title"),
        part,
        id=name,
        aria_labelledby=f"{name}-title",
    )


def _asset(name: str) -> str:
    return files("workbench.report").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
