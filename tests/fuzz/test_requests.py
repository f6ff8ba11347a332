"""Requests drawn from the very types that the server reads: every field, right, at its edge and wrong."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.servers import ask, hold, loop, serve_app
from workbench.serve.wire import Chat, NewAdapter, Plain

_ANY = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False),
        st.text(max_size=5),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_KNOWN = {
    "model": st.sampled_from(["base", "none", ""]),
    "role": st.sampled_from(["system", "user", "assistant", "tool", "developer", "x"]),
    "prompt": st.sampled_from(["a", ["a", "b"], "", []]),
    "max_tokens": st.sampled_from([None, 1, 2, 0, -1, 5, 2**62]),
    "n": st.sampled_from([None, 1, 2, 16, 17]),
    "temperature": st.sampled_from([None, 0, 0.7, 2, 2.1, -1]),
    "response_format": st.sampled_from([None, {"type": "json_object"}, {"type": []}]) | _ANY,
}


def of_type(info):
    """Draw values of a type, and sometimes of any other."""
    plain = {
        msgspec.inspect.StrType: st.text(max_size=8),
        msgspec.inspect.IntType: st.integers(-3, 2**63),
        msgspec.inspect.FloatType: st.floats(-3, 3) | st.integers(0, 2),
        msgspec.inspect.BoolType: st.booleans(),
        msgspec.inspect.NoneType: st.none(),
    }
    if type(info) in plain:
        return plain[type(info)]
    if isinstance(info, msgspec.inspect.UnionType):
        return st.one_of(*map(of_type, info.types))
    if isinstance(info, msgspec.inspect.ListType):
        return st.lists(of_type(info.item_type), max_size=3)
    if isinstance(info, msgspec.inspect.StructType):
        fields = {one.encode_name: _field(one) for one in info.fields}
        needed = {one.encode_name: fields.pop(one.encode_name) for one in info.fields if one.required}
        return st.fixed_dictionaries(needed, optional=fields)
    return st.dictionaries(st.text(max_size=5), _ANY, max_size=3)


def _field(one):
    drawn = _KNOWN.get(one.encode_name, of_type(one.type))
    return st.integers(0, 9).flatmap(lambda odd: _ANY if odd == 0 else drawn)


@pytest.mark.parametrize(
    ("path", "kind", "count"),
    [("/v1/chat/completions", Chat, 60), ("/v1/completions", Plain, 40), ("/v1/adapters", NewAdapter, 20)],
)
def test_any_body_of_the_types_is_answered_or_refused(path, kind, count):
    seen = set()

    @settings(max_examples=count, database=None)
    @given(of_type(msgspec.inspect.type_info(kind)))
    def holds(body):
        raw = f"POST {path}\nhost: localhost\ncontent-type: application/json\n\n".encode()
        answer = ask(serve_app(), raw + json.dumps(body).encode(), loop())
        hold(answer)
        seen.add(answer.status)

    holds()
    assert len(seen) > 1 or kind is NewAdapter  # some were answered, some refused
    assert seen & {400, 403, 404}
