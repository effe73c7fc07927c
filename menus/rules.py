"""The few rules of a form that its data cannot say, by name.

Decides: whether an extra question is due. Must not know: screens, the store, the clock (the day is an argument).
"""

from collections.abc import Callable, Mapping
from datetime import date


def outside_first_grade_age(facts: Mapping[str, str], today: date) -> bool:
    """Grade 1 of Y/Y+1 takes children born in Y-6 and in January of Y-5 (services-domain §2.6 [S30])."""
    birth = facts.get("birth", "")
    if facts.get("stage") != "primary" or facts.get("grade") != "1" or not birth:
        return False
    year = today.year if today.month >= 3 else today.year - 1
    return not (birth[:4] == str(year - 6) or birth == f"{year - 5}01")


RULES: dict[str, Callable[[Mapping[str, str], date], bool]] = {"outside_first_grade_age": outside_first_grade_age}

RULED: Mapping[str | None, tuple[str, ...]] = {"outside_first_grade_age": ("stage", "grade", "birth")}
"""Rule -> the answers it reads: when one of them changes, what was answered by the rule is asked again."""
