"""A text in every language the gateway speaks, with its `{placeholders}`.

Decides: how a text is stored and filled. Must not know: which texts exist.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator

Language = Literal["ar", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def _same_placeholders(texts: dict[str, str]) -> dict[str, str]:
    missing = [language for language in LANGUAGES if not texts.get(language, "").strip()]
    if missing:
        raise ValueError(f"no text for language {', '.join(missing)}")
    if unknown := set(texts) - set(LANGUAGES):
        raise ValueError(f"unknown language {', '.join(sorted(unknown))}; known: {', '.join(LANGUAGES)}")
    if any("{" in _PLACEHOLDER.sub("", text) or "}" in _PLACEHOLDER.sub("", text) for text in texts.values()):
        raise ValueError("a placeholder is written {lower_case_name}")
    return texts


Localized = Annotated[dict[str, str], AfterValidator(_same_placeholders)]
"""Language code -> text; every language present."""


def placeholders(text: Mapping[str, str]) -> set[str]:
    """The placeholder names used in any language of `text`."""
    return {name for each in text.values() for name in _PLACEHOLDER.findall(each)}


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with each `{name}` replaced from `values`; raises KeyError naming a value that is missing."""
    pieces = _pieces(text)
    if len(pieces) == 1:
        return text
    filled = list(pieces)
    filled[1::2] = [str(values[name]) for name in pieces[1::2]]
    return "".join(filled)


@lru_cache(maxsize=2048)
def _pieces(text: str) -> tuple[str, ...]:
    """What stands between placeholders, and by turns their names."""
    return tuple(_PLACEHOLDER.split(text))
