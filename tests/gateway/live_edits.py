"""What tests change in config/, and a reload after it."""

from collections.abc import Callable

from gateway.runtime import Runtime
from menus.content import Content

Change = tuple[str, str, str]
"""File, old text, new text."""
Edit = Callable[..., Content]
"""Makes changes and reloads; the content that is in force then."""


def moved(entry: str) -> Change:
    """The line of menus.yaml that says what became of something."""
    return "menus.yaml", "shortcuts:\n", f"moved: {{{entry}}}\nshortcuts:\n"


RENAMED_FIELD: tuple[Change, ...] = (
    moved("water.plot: water.parcel"),
    ("services/water.yaml", "- id: plot\n", "- id: parcel\n"),
)
RENAMED_CARD: tuple[Change, ...] = (
    moved("school.child_card: school.card_of_child"),
    ("services/school.yaml", "- id: child_card\n", "- id: card_of_child\n"),
)
RENAMED_SERVICE: tuple[Change, ...] = (
    moved("water: supply"),
    ("services/supply.yaml", "id: water\n", "id: supply\n"),
    ("menus.yaml", "service: water", "service: supply"),
    ("keywords.yaml", "service: water", "service: supply"),
)
"""After services/water.yaml was made services/supply.yaml."""


def forget_earlier(runtime: Runtime) -> None:
    """As after many edits: nothing but the present version is held."""
    runtime.versions._by_digest = {runtime.content.digest: runtime.content}
