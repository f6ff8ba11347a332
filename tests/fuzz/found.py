"""Bytes that once ended a reader in a trace, or kept it for minutes: each as short as it can be told."""

from tests.fuzz.files import tables

_FAR = b"9" * 5000
# The end of a table is whole and tells of more than there is: polars' own code panics.
_CUT = [table[:4] + table[4 + len(table) // 2 :] for table in tables()]


def _footed(footer: bytes) -> bytes:
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


FOUND = (
    ("log-parquet", _footed(b"\x1b" + b"\x01\xbb" * 2000)),
    ("log-parquet", b'[{"a": ' + _FAR + b"}]"),
    ("log", b'[{"a": ' + _FAR + b"}]"),
    ("of-runs", b'[{"a": ' + _FAR + b"}]"),
    ("prompt", b"# Role: a" + b"\x1f" * 9000 + b"b\n- Be kind."),
    ("answer-json", b"9" * 850 + b"1e400"),
    ("answer-yaml", b"{" * 20_000),
    ("answer-yaml", b"- " * 20_000),
    ("yaml", b"[" * 20_000),
    *(("log-parquet", table) for table in _CUT),
    *(("pairs", table) for table in _CUT),
    ("import", b"- " * 3000),
    ("import", b"[" * 100_000),
    ("import", b'a,b\n1,"x"\r2\n'),
    ("of-runs", b'{"\xff": 1}'),
    ("of-runs", b"[" * 100_000),
    ("of-runs", b'{"a":' * 5000),
    ("prompt", b"Use " + _FAR),
    ("prompt", _FAR + b"+ words"),
    ("mask", "4111 1111 1111 ١١١١, A١٢٣٤٥٦٧٨".encode()),
    ("answer-json", b'```json\n{"a":[]' + b" " * 50_000 + b"''"),
    ("answer-json", b"{'a', /* " * 6000),
    ("answer-json", b"```json\n" + b"\n" * 50_000),
    ("schema", b'{"type": "array"}\x1f"\\ud800"'),
    ("schema", b'{"enum": ["\\ud800"]}\x1f1'),
    ("reply", b"429 Wed, 211111111111 Oct 2026 07:28:00 GMT\n\n{}"),
    ("reply", b"429 " + _FAR + b"\n\n{}"),
    ("reply", "429 ²\n\n{}".encode()),
    ("reply", b'200 \n\n{"choices": "\xff"}'),
    ("reply", b'200 \n\n{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": -10}}'),
    ("reply", b'200 \n\n{"choices": [{"message": {"content": "a"}}], "usage": {"completion_tokens": -2}}'),
    ("reply", b"500 \n\n\xff"),
    ("reply", b"200 \n\n" + b'{"choices":[' * 20_000),
    ("review", "GET /\nhost: localhost\ncookie: workbench_review_8000=x.é\n\n".encode()),
    (
        "review",
        b"POST /undo\nhost: localhost\ncookie: workbench_review_8000=COOKIE\ncontent-length: \xb2\n\n",
    ),
    ("serve", b'POST /v1/adapters\nhost: localhost\n\n{"name": "x", "path": "' + b"a" * 5000 + b'"}'),
    ("serve", b'POST /v1/adapters\nhost: localhost\n\n{"name": "x", "path": "a\\u0000b"}'),
)
