"""The one bootstrap: settings become connections, content and a provider, for every part alike.

Decides: how the parts are built from settings. Must not know: what they do with them.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from redis import Redis

from gateway import field_keys
from gateway.carriers import Carriers
from gateway.delivery_rules import Rules, load_rules
from gateway.errands import Errands
from gateway.funnel import Funnel
from gateway.health_board import Board
from gateway.providers import KANNEL, Provider
from gateway.providers.africastalking import AfricasTalking
from gateway.providers.kannel import Kannel
from gateway.redis_pipe import RedisPipe
from gateway.settings import ROOT, Settings, SettingsError, load_settings
from gateway.shelf import Shelf
from gateway.versions import Versions
from handlers.context import Context
from handlers.sealing import Seals
from menus.content import Content
from menus.load import load_content
from menus.notices import QuietHours
from store.db import Database, Transaction

REDIS_TIMEOUT_S = 0.5
"""A hop has 8 s in all; a Redis that does not answer in this time is treated as gone."""


@dataclass(frozen=True)
class Runtime:
    """What a part of the gateway works with. Share one per process; make it after a fork, not before."""

    settings: Settings
    db: Database
    redis: Redis
    versions: Versions
    now: Callable[[], datetime]

    @cached_property
    def pipe(self) -> RedisPipe:
        """The short way to Redis, for hops."""
        assert self.settings.redis_url is not None  # held by `build`
        return RedisPipe(self.settings.redis_url.get_secret_value(), REDIS_TIMEOUT_S)

    @cached_property
    def errands(self) -> Errands:
        """Threads for what a hop waits for only so long."""
        return Errands()

    @cached_property
    def shelf(self) -> Shelf:
        """Where versions are that sessions began with and this process does not hold."""
        return Shelf(self.versions, self.errands, self.settings.data_dir)

    @property
    def content(self) -> Content:
        """The current version of the content; read it anew for each piece of work, for it may be replaced."""
        return self.versions.current

    @cached_property
    def carriers(self) -> Carriers:
        """Who carries our messages; SettingsError for an account that a provider would refuse, or rules that are none.

        One process uses them in one thread.
        """
        try:
            providers = [_provider(self.settings, name) for name in self.settings.carriers]
            return Carriers(providers, self.rules, random.random, board=Board(self.redis))
        except ValueError as error:
            raise SettingsError(str(error)) from None

    @cached_property
    def rules(self) -> Rules:
        """Who carries what, how fast, and what becomes of unsure messages; ContentError."""
        return load_rules()

    @cached_property
    def funnel(self) -> Funnel:
        """Where this process notes what sessions are shown."""
        return Funnel(self.db, self.now)

    @property
    def zone(self) -> ZoneInfo:
        """The governorate's time zone."""
        return ZoneInfo(self.content.calendar.timezone)

    def context(self, tx: Transaction, content: Content | None = None) -> Context:
        """A unit of work for the use-cases, with the current content or the version that a session began with."""
        return Context(tx, content or self.content, self.now(), self.seals)

    @cached_property
    def seals(self) -> Seals:
        """The keys of sensitive fields: FIELD_KEYS, or the one made and kept in DATA_DIR."""
        return field_keys.seals(self.settings)


def _provider(settings: Settings, name: str) -> Provider:
    if name == KANNEL:
        base = settings.kannel_callback_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        secret = next((secret.get_secret_value() for secret in settings.callback_secrets), "")
        return Kannel(
            settings.kannel_url,
            settings.kannel_username,
            settings.kannel_password.get_secret_value(),
            settings.kannel_sender or settings.at_sender_id,
            f"{base}/kannel/{secret}/delivery",
            settings.kannel_smsc or None,
        )
    key = settings.at_api_key.get_secret_value()
    return AfricasTalking(settings.at_username, key, settings.at_sender_id, settings.at_base_url)


def clock() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def build(settings: Settings, now: Callable[[], datetime] = clock, content: Content | None = None) -> Runtime:
    """A runtime on these settings and this content, by default that of config/.

    SettingsError where an address is missing, ContentError for bad content.
    """
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
        versions=Versions(content or load_content(ROOT / "config"), quiet=QuietHours.parse(settings.quiet_hours)),
        now=now,
    )


@cache
def current() -> Runtime:
    """This process's runtime, for RQ jobs, which are called by name."""
    return build(load_settings())
