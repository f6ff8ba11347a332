"""Reads documents of several kinds into chunks, and the questions and answers that stand in them already."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import read_text
from workbench.io.readers import rows_in, source_name
from workbench.records import Source, Value
from workbench.text import content_id, is_utf8, paragraphs, sentences, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

KINDS = {
    ".md": "text", ".markdown": "text", ".txt": "text", ".html": "html", ".htm": "html", ".jsonl": "jsonl"
}  # fmt: skip
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(?P<text>.+?)\s*#*\s*$")
_MARK = r"^\s*(?:[-*+]\s+|\d+[.)、]\s*)?(?:\*\*|__)?"
_ASKS = re.compile(
    _MARK + r"(?:Q(?:uestion)?\s*\d*\s*[:.：]|问题?\s*\d*\s*[:：])(?:\*\*|__)?\s*(?P<text>.+?)\s*$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    _MARK + r"(?:A(?:nswer)?\s*\d*\s*[:.：]|答案?\s*\d*\s*[:：])(?:\*\*|__)?\s*(?P<text>.*?)\s*$",
    re.IGNORECASE,
)
_BOLD = re.compile(r"^\s*(?:\*\*|__)(?P<text>.+?[?？])(?:\*\*|__)\s*$")
_ASKED = ("question", "q", "问题", "instruction")
_SAID = ("answer", "a", "答案", "回答", "output")
_OTHERWISE = ("paraphrases", "其他问法")
_BODY = ("text", "content", "body", "passage", "context", "内容")


class Asked(NamedTuple):
    """A question that a document answers itself, with other wordings where the document has some."""

    question: str
    answer: str
    paraphrases: tuple[str, ...] = ()


class Chunk(Value, frozen=True, kw_only=True):
    """A piece of a document: ``id`` is its content's hash, ``title`` the headings it stands under."""

    id: str
    title: str
    text: str
    source: Source


class Found(Value, frozen=True, kw_only=True):
    """A question with its answer and other wordings, and the chunk they stand in or were written from."""

    question: str
    answer: str
    chunk: Chunk
    paraphrases: tuple[str, ...] = ()


class Library(Value, frozen=True, kw_only=True):
    """All chunks, and the questions that the documents answer in so many words.

    ``files`` are all that were given, ``refused`` those of them that hold nothing to read; ``unread`` names
    these and rows, each with its reason; ``other_kinds`` counts files of folders by suffix that are no
    documents.
    """

    files: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    found: tuple[Found, ...]
    refused: int = 0
    unread: tuple[dict[str, Any], ...] = ()
    other_kinds: dict[str, int] = msgspec.field(default_factory=dict)


def read_library(paths: Sequence[Path], *, max_words: int) -> Library:
    """Read Markdown, text, HTML and JSONL files, or all of them in folders; chunks hold up to ``max_words``.

    A paragraph is never cut but between sentences, and a sentence never. Equal chunks count once. A file that
    can't be read, or holds no text, is left out with its reason.

    Raises:
        InputError: nothing of these kinds there, or no file that can be read.
    """
    files = [file for path in paths for file in _files(path)]
    chunks: dict[str, Chunk] = {}
    found: list[Found] = []
    unread: list[dict[str, Any]] = []
    findings: list[Finding] = []
    refusals = 0
    for file in files:
        try:
            parts = list(_parts(file, unread))
        except (InputError, OSError) as error:
            refused = _findings(file, error)
            findings += refused
            unread.append(_refused(file, refused[0].found))
            refusals += 1
            continue
        for title, text, source, asked in parts:
            own = [chunk_of(title, piece, source) for piece in pieces(text, max_words=max_words)]
            chunks |= {chunk.id: chunk for chunk in own}
            found += [_placed(one, own, title, source) for one in asked]
    if not chunks and findings:
        raise InputError(findings)
    for one in found:
        chunks.setdefault(one.chunk.id, one.chunk)
    return Library(
        files=tuple(source_name(file) for file in files),
        chunks=tuple(chunks.values()),
        found=tuple(found),
        refused=refusals,
        unread=tuple(unread),
        other_kinds=_other_kinds(paths),
    )


def _parts(file: Path, unread: list[dict[str, Any]]) -> Iterator[tuple[str, str, Source, list[Asked]]]:
    """Yield the parts of a document; rows that hold none go to ``unread``.

    Raises:
        InputError: the file can't be read, or holds no text.
    """
    if KINDS[file.suffix.lower()] == "jsonl":
        yield from _rows(file, unread)
        return
    parts = list(_document(file))
    if not parts:
        raise InputError(
            Finding(
                where=str(file),
                found="no text" if file.stat().st_size else "an empty file",
                expected="a document with some text",
                fix="Take it out, or save it again with its text.",
            )
        )
    yield from parts


def _findings(file: Path, error: InputError | OSError) -> list[Finding]:
    if isinstance(error, InputError):
        return list(error.findings)
    return [
        Finding(
            where=str(file),
            found=error.strerror or str(error),
            expected="a document that can be read",
            fix="Check its permissions.",
        )
    ]


def _refused(file: Path, reason: str) -> dict[str, Any]:
    source = Source(file=source_name(file), line=0, record=0)
    return {"source": msgspec.to_builtins(source), "reason": reason, "text": ""}


def _other_kinds(paths: Sequence[Path]) -> dict[str, int]:
    """Count the files of folders, but for hidden ones, that are no documents of the known kinds."""
    others = Counter(
        file.suffix.lower() or "none"
        for path in paths
        if path.is_dir()
        for file in path.rglob("*")
        if file.is_file()
        and file.suffix.lower() not in KINDS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    return dict(sorted(others.items()))


def chunk_of(title: str, text: str, source: Source) -> Chunk:
    """Make a chunk; its name is its content's hash."""
    return Chunk(id=content_id(title, text), title=title, text=text, source=source)


def pieces(text: str, *, max_words: int) -> list[str]:
    """Cut a text into pieces of whole paragraphs, or of whole sentences where one is longer."""
    units: list[str] = []
    for paragraph in paragraphs(text):
        units += [paragraph] if len(words(paragraph)) <= max_words else sentences(paragraph)
    out: list[str] = []
    size = 0
    for unit in units:
        length = len(words(unit))
        if out and size + length <= max_words:
            out[-1] += "\n\n" + unit
            size += length
        else:
            out.append(unit)
            size = length
    return out


def questions_in(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find the questions that a text answers itself: ``Q: … A: …``, 问：…答：…, or bold questions.

    An answer goes on to the next question or heading.
    """
    question, answer, open_ = "", list[str](), False
    for line in [*lines, "# "]:
        asks = _ASKS.match(line) or _BOLD.match(line)
        says = _SAYS.match(line)
        if asks or line.startswith("#"):
            if question and (said := "\n".join(answer).strip()):
                yield question, said
            question, answer = (asks["text"].strip("*_ ") if asks else ""), []
            open_ = bool(asks and _BOLD.match(line))
        elif says and question:
            answer, open_ = [says["text"]], True
        elif question and open_:
            answer.append(line)


def _document(file: Path) -> Iterator[tuple[str, str, Source, list[Asked]]]:
    text = read_text(file, what="a document")
    if KINDS[file.suffix.lower()] == "html":
        reader = _Html()
        reader.feed(text)
        text = reader.text()
    for number, (title, heading, line, body) in enumerate(_sections(text.splitlines())):
        asked = [Asked(*one) for one in questions_in(body)]
        said = "\n".join(body).strip()
        if heading.endswith(("?", "？")) and said and not asked:
            asked = [Asked(heading, said)]
        if said:
            yield title, said, Source(file=source_name(file), line=line, record=number), asked


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, str, int, list[str]]]:
    """Yield each section: the headings over it, its own, the line it starts on, and its lines."""
    over: list[tuple[int, str]] = []
    body: list[str] = []
    start, fenced = 1, False
    for number, line in enumerate([*lines, "# "], start=1):
        fenced ^= line.lstrip().startswith("```")
        match = None if fenced else _HEADING.match(line)
        if match is None and number <= len(lines):
            body.append(line)
            continue
        if body:
            yield " > ".join(text for _, text in over), over[-1][1] if over else "", start, body
        body, start = [], number
        if match:
            level = len(match[1])
            over = [one for one in over if one[0] < level] + [(level, match["text"].strip("*_ "))]


def _rows(file: Path, unread: list[dict[str, Any]]) -> Iterator[tuple[str, str, Source, list[Asked]]]:
    for row in rows_in(file):
        source = Source(file=source_name(file), line=row.line, record=row.record)
        value = row.value if isinstance(row.value, dict) else {}
        question, answer, body = (_first(value, keys) for keys in (_ASKED, _SAID, _BODY))
        title = _first(value, ("title", "标题"))
        if question and answer:
            yield title, body or answer, source, [Asked(question, answer, _wordings(value))]
        elif body:
            yield title, body, source, []
        else:
            reason = row.problem or "no text, and no question with its answer"
            unread.append({"source": msgspec.to_builtins(source), "reason": reason, "text": row.raw})


def _first(value: dict[str, Any], keys: Sequence[str]) -> str:
    return next((value[key].strip() for key in keys if isinstance(value.get(key), str)), "")


def _wordings(value: dict[str, Any]) -> tuple[str, ...]:
    given: list[Any] = next((value[key] for key in _OTHERWISE if isinstance(value.get(key), list)), [])
    return tuple(text.strip() for text in given if isinstance(text, str) and text.strip())


def _placed(asked: Asked, own: Sequence[Chunk], title: str, source: Source) -> Found:
    """Give a question the chunk that holds its answer, or a chunk of its own where none does whole."""
    home = next((chunk for chunk in own if asked.answer in chunk.text), None)
    return Found(
        question=asked.question,
        answer=asked.answer,
        chunk=home or chunk_of(title, f"{asked.question}\n{asked.answer}", source),
        paraphrases=asked.paraphrases,
    )


def _files(path: Path) -> list[Path]:
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in KINDS) if path.is_dir() else [path]
    odd = [file for file in found if not is_utf8(str(file))]
    if odd:
        raise InputError(
            Finding(
                where=str(file),
                found="a name that isn't UTF-8",
                expected="names in UTF-8",
                fix="Rename the file, for example with convmv.",
            )
            for file in odd
        )
    if not found or found[0].suffix.lower() not in KINDS or not found[0].is_file():
        raise InputError(
            Finding(
                where=str(path),
                found="no such file" if not path.exists() else "nothing of a kind that can be read",
                expected=f"documents: {', '.join(KINDS)}, or a folder with some",
                fix="Check the path, or save the document as Markdown, text, HTML or JSONL.",
            )
        )
    return found


class _Html(HTMLParser):
    """Writes HTML as the Markdown that `_sections` and `questions_in` read."""

    _BLOCKS = frozenset(
        [
            "p",
            "div",
            "li",
            "tr",
            "br",
            "ul",
            "ol",
            "table",
            "section",
            "article",
            "blockquote",
            "pre",
            "td",
            "th",
            "dd",
            "dt",
            "summary",
        ]
    )
    _SILENT = frozenset(["script", "style", "head", "nav", "template"])

    def __init__(self) -> None:
        super().__init__()
        self._out: list[str] = []
        self._silent = 0

    def text(self) -> str:
        return re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(self._out))

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        self._silent += tag in self._SILENT
        if re.fullmatch(r"h[1-6]", tag):
            self._out.append("\n\n" + "#" * int(tag[1]) + " ")
        elif tag in {"dt", "summary"}:
            self._out.append("\n\nQ: ")
        elif tag == "dd":
            self._out.append("\nA: ")
        elif tag in self._BLOCKS:
            self._out.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(self._silent - 1, 0)
        if tag == "summary":
            self._out.append("\nA: ")
        elif tag in self._BLOCKS or re.fullmatch(r"h[1-6]", tag):
            self._out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(re.sub(r"\s+", " ", data))
