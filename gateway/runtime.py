"""The one bootstrap: settings become connections, content and a provider, for every part alike.

Decides: how the parts are built from settings. Must not know: what they do with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from redis import Redis

from gateway.providers import Provider
from gateway.providers.africastalking import AfricasTalking
from gateway.settings import ROOT, Settings, SettingsError, load_settings
from handlers.context import Context
from menus.content import Content
from menus.load import load_content
from store.db import Database, Transaction

REDIS_TIMEOUT_S = 0.5
"""A hop has 8 s in all; a Redis that does not answer in this time is treated as gone."""


@dataclass(frozen=True)
class Runtime:
    """What a part of the gateway works with. Share one per process; make it after a fork, not before."""

    settings: Settings
    db: Database
    redis: Redis
    content: Content
    now: Callable[[], datetime]

    @cached_property
    def provider(self) -> Provider:
        """The provider that carries our messages; ValueError for an account it would refuse."""
        settings = self.settings
        return AfricasTalking(
            settings.at_username,
            settings.at_api_key.get_secret_value(),
            settings.at_sender_id,
            settings.at_base_url,
        )

    @property
    def zone(self) -> ZoneInfo:
        """The governorate's time zone."""
        return ZoneInfo(self.content.calendar.timezone)

    def context(self, tx: Transaction) -> Context:
        """A unit of work for the use-cases."""
        return Context(tx, self.content, self.now())


def clock() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def build(settings: Settings, now: Callable[[], datetime] = clock) -> Runtime:
    """A runtime on these settings. SettingsError where an address is missing, ContentError for bad content."""
    if settings.database_url is None or settings.redis_url is None:
        missing = "DATABASE_URL" if settings.database_url is None else "REDIS_URL"
        raise SettingsError(f"{missing} is not set. `make run` starts embedded servers; a single part needs both.")
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )
    return Runtime(
        settings=settings,
        db=Database(settings.database_url.get_secret_value()),
        redis=redis,
        content=load_content(ROOT / "config"),
        now=now,
    )


@cache
def current() -> Runtime:
    """This process's runtime, for RQ jobs, which are called by name."""
    return build(load_settings())
