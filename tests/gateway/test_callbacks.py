"""A form's fields, read the short way and the long one alike."""

from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.callbacks import MAX_FIELDS, BadForm, fields

_PARTS = st.sampled_from(
    [*"ab=&+;*#1 ", "%2A", "%23", "%2B", "%2a", "%20", "%26", "%3D", "%25", "%D9%85", "%ff", "%", "%2"]
)


def by_the_book(body: bytes) -> dict[str, str] | None:
    """What the standard library makes of it; None for what is no form of ours."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    return dict(pairs) if len(dict(pairs)) == len(pairs) else None


@given(st.lists(_PARTS, max_size=30).map("".join))
@example("text=1*2&a=%2A&&b")
@example("&".join(f"f{number}=1" for number in range(MAX_FIELDS)))
@example("&".join(f"f{number}=1" for number in range(MAX_FIELDS + 1)))
def test_fields_are_those_of_the_standard_library(text: str) -> None:
    body = text.encode("ascii")
    expected = by_the_book(body)
    if expected is None:
        with pytest.raises(BadForm):
            fields(body, ())
    else:
        assert fields(body, ()) == expected


@given(st.dictionaries(st.text("abc", min_size=1), st.text("0189*#+ &=%;ماء"), max_size=9))
def test_what_a_provider_encodes_is_what_we_read(sent: dict[str, str]) -> None:
    assert fields(urlencode(sent, quote_via=quote_plus).encode("ascii"), ()) == sent


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadForm, match="no field text"):
        fields(b"sessionId=1", ("sessionId", "text"))
