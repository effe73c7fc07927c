"""The table of texts that the gateway says by name is the code's own: none is missing in it, none is there in vain."""

import re

from gateway.settings import ROOT
from menus.texts import ENDS, SHORT, SMS, USSD

CODE = {
    path: path.read_text("utf-8")
    for folder in ("menus", "handlers", "gateway")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != ROOT / "menus" / "texts.py"
}
SAID = re.compile(r"""desk\.say\("(\w+)"|\.about\([\w.\[\]]+, "(\w+)"|\.sms\["(\w+)"\]""")
SHOWN = re.compile(r"""ussd\["(\w+)"\]|notice="(\w+)\"""")
ENDED = re.compile(r"""\("end", action="(\w+)"|"refused": "(\w+)"|result\.get\("refused", "(\w+)"\)""")


def found(pattern: re.Pattern[str]) -> set[str]:
    """The names that the code says in this way."""
    return {name for text in CODE.values() for names in pattern.findall(text) for name in names if name}


def test_every_text_that_the_code_says_is_in_the_table() -> None:
    assert found(SAID)
    assert found(SHOWN)
    assert found(ENDED)
    assert found(SAID) - set(SMS) == set()
    assert found(SHOWN) - set(USSD) == set()
    assert found(ENDED) - set(ENDS) == set()


def test_every_text_of_the_table_is_said() -> None:
    words = set(re.findall(r"\w+", " ".join(CODE.values())))
    numbered = {f"{name}_" for name in ("rate", "resume")}
    unsaid = [name for name in (*USSD, *SMS) if name not in words and name.rstrip("12345") not in numbered]
    assert unsaid == []
    assert not [name for name in SMS if name.endswith(SHORT)]
