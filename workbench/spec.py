"""The value every configurable part is: closed, frozen, hashable, its own cache key."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.text import content_id


class Spec(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="use",
    tag=lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_"),
):
    """A configuration that is also the callable it configures.

    Subclasses add typed fields and ``__call__``; ``use`` names the subclass in YAML and JSON
    (``NearDedup`` is ``use: near_dedup``).
    """

    @property
    def key(self) -> str:
        """The content hash of all fields: equal specs have equal keys on every machine."""
        return spec_key(self)


def spec_key(value: Any) -> str:
    """Hash any msgspec-encodable value to 16 hexadecimal digits, keys sorted."""
    return content_id(msgspec.json.encode(value, order="sorted").decode())
