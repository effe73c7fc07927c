"""Where the keys of sensitive fields come from: FIELD_KEYS, or one that is made once and kept in DATA_DIR.

Decides: which keys a process works with, and that it does not start without one that the store needs. Must not know:
what is sealed. Several machines on one store must all be given FIELD_KEYS: each would make a key of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.secrets import kept_secret
from gateway.settings import Settings, SettingsError
from handlers.sealing import Seals, read_key
from store import sealed

if TYPE_CHECKING:
    from gateway.runtime import Runtime

FILE = "field.key"


def kept_text(settings: Settings, data_dir: Path) -> Sequence[str]:
    """The keys in their text form, newest first; made when there is none."""
    given = [secret.get_secret_value() for secret in settings.field_keys]
    if given:
        return given
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    return [kept_secret(data_dir / FILE)]


def seals(settings: Settings) -> Seals:
    """The seals of these settings."""
    return Seals([read_key(text) for text in kept_text(settings, settings.data_dir)])


def must_fit(runtime: "Runtime") -> None:
    """SettingsError when the store holds values under a key that is not here: nobody could ever read them again."""
    seals = runtime.seals
    with runtime.db.transaction() as tx:
        lost = sorted(set(sealed.keys_in_use(tx)) - set(seals.ids))
        if not lost:
            sealed.use(tx, seals.newest, runtime.now())
    if lost:
        raise SettingsError(
            f"FIELD_KEYS: the store holds values sealed under {', '.join(lost)}, and here are {', '.join(seals.ids)}.\n"
            "Add the missing key behind the others; `python -m gateway rekey` makes it unnecessary."
        )
