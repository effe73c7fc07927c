"""What a state asks of the citizen or tells them, in one line: a day, a sum, a reason, the papers.

Decides: which text says it, of those in texts.yaml that begin with `need_`. Must not know: the store, channels.
"""

from collections.abc import Mapping

from menus.content import Content, Service
from menus.localized import Localized, fill, placeholders


def needs(content: Content, service: Service, state: str) -> list[Localized]:
    """The texts for a state, in the order in which they are tried; the service's own go before all services'.

    `need_<service>_<state>` may have variants with a further word, for details that only some cases have.
    """
    own = f"need_{service.id}_{state.lower()}"
    found = [text for name, text in content.ussd.items() if name == own or name.startswith(f"{own}_")]
    shared = content.ussd.get(f"need_{state.lower()}")
    return found or ([shared] if shared else [])


def need(content: Content, service: Service, state: str, words: Mapping[str, str], language: str) -> str:
    """The first of them for which every word is known, or ''."""
    fitting = (text for text in needs(content, service, state) if placeholders(text) <= set(words))
    return next((fill(text[language], words) for text in fitting), "")
