"""Holds XML against an XML Schema, which may reach neither the network nor another file."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from workbench.checks.xmltext import read_xml
from workbench.errors import ConfigError, Finding, MissingExtraError
from workbench.text import excerpt

_XSD, _XSI = "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema-instance"
_REACHING = ("import", "include", "redefine", "override")
_MOST = 20


def xsd_problems(text: str, xsd: str) -> list[tuple[str, str]]:
    """List ``(place, message)`` of everything in the XML ``text`` that ``xsd`` (XML Schema 1.0) forbids.

    ``text`` is well-formed and without a document type (:func:`workbench.checks.xmltext.read_xml`). Places
    are lines. Hints at schemas in ``text`` (``xsi:schemaLocation``) are not followed.

    Raises:
        ConfigError: ``xsd`` is no XML Schema, or refers to another file.
        MissingExtraError: lxml isn't installed.
    """
    etree = _etree()
    schema = _schema(xsd)
    try:
        tree = etree.fromstring(text.strip().encode(), _parser())
    except etree.XMLSyntaxError as error:
        return [("$", excerpt(str(error.msg), limit=200))]
    for element in tree.iter(etree.Element):
        for name in ("schemaLocation", "noNamespaceSchemaLocation"):
            element.attrib.pop(f"{{{_XSI}}}{name}", None)
    if schema.validate(tree):
        return []
    return [
        (f"line {one.line}", excerpt(one.message, limit=200)) for one in list(schema.error_log)[:_MOST]
    ] or [("$", "not valid")]


def check_xsd(xsd: str) -> None:
    """Refuse a text that is no XML Schema on its own.

    Raises:
        ConfigError: saying what is wrong, and where.
        MissingExtraError: lxml isn't installed.
    """
    _schema(xsd)


@lru_cache(maxsize=64)
def _schema(xsd: str) -> Any:
    etree = _etree()
    problem = read_xml(xsd).problem
    if problem:
        raise ConfigError(_bad(problem))
    root = etree.fromstring(xsd.strip().encode(), _parser())
    reaching = [
        f"xs:{name} at line {one.sourceline}" for name in _REACHING for one in root.iter(f"{{{_XSD}}}{name}")
    ]
    if reaching:
        raise ConfigError(_bad(", ".join(reaching) + ": nothing is fetched"))
    try:
        return etree.XMLSchema(root)
    except etree.XMLSchemaParseError as error:
        raise ConfigError(_bad(excerpt(str(error), limit=300))) from error


def _parser() -> Any:
    return _etree().XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _etree() -> Any:
    try:
        from lxml import etree
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("lxml", extra="xml", purpose="an XML Schema (XSD)") from error
    return etree


def _bad(found: str) -> Finding:
    return Finding(
        where="xsd",
        found=found,
        expected="one XML Schema 1.0 document that stands alone",
        fix="Correct it; write what it imports into it.",
    )
