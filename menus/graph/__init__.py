"""The menu and each workflow as a drawing in SVG, made of nothing but text.

Decides: which drawings there are, and their names. Must not know: files, browsers, any drawing program.
"""

from menus.content import Content
from menus.graph import forms, lives
from menus.graph.sheet import laid_out
from menus.graph.svg import drawn


def drawings(content: Content) -> dict[str, str]:
    """File name -> SVG: `menu.svg`, and one a service. Both languages stand in each."""
    found = {"menu.svg": drawn(laid_out(("The menu", "القائمة"), (), forms.cards(content)))}
    for service in content.services.values():
        title = (service.name["en"], service.name["ar"])
        found[f"{service.id}.svg"] = drawn(laid_out(title, lives.MAKERS, lives.cards(content, service)))
    return found
