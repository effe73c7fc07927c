"""The one reader of the environment: what an operator may set, its default, and what is refused at boot.

Every other module receives values. Secrets are `SecretStr`, so printing the settings never shows them.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from handlers.sealing import read_key
from menus.notices import QuietHours

ROOT = Path(__file__).resolve().parent.parent

Provider = Literal["simulator", "africastalking", "kannel"]
Carrier = Literal["africastalking", "kannel"]


class SettingsError(Exception):
    """The environment holds a value that the gateway refuses; `str()` is the operator's message."""


class Settings(BaseSettings):
    """The environment, typed. `None` for a server address means: start the embedded one."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(default=None, description="PostgreSQL address; unset: embedded server")
    redis_url: SecretStr | None = Field(default=None, description="Redis or Valkey address; unset: embedded server")
    metrics_token: SecretStr = Field(default=SecretStr(""), description="bearer token for /metrics from elsewhere")
    host: str = Field(default="127.0.0.1", description="address the web server listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="port the web server listens on")
    data_dir: Path = Field(default=ROOT / ".data", description="embedded servers' data, generated secrets")
    provider: Provider = Field(default="simulator", description="who carries SMS and USSD")
    at_username: str = Field(default="sandbox", description="Africa's Talking account name")
    at_api_key: SecretStr = Field(default=SecretStr("simulator"), description="Africa's Talking API key")
    at_sender_id: str = Field(default="MISSAN", description="registered sender of our SMS")
    at_base_url: str | None = Field(default=None, description="provider's API root; unset: by username, or simulator")
    providers: Annotated[tuple[Carrier, ...], NoDecode] = Field(
        default=(), description="comma list of SMS providers, the preferred one first; unset: PROVIDER alone"
    )
    kannel_url: str = Field(default="http://127.0.0.1:13013", description="Kannel's smsbox, for sendsms")
    kannel_username: str = Field(default="", description="a sendsms-user of Kannel")
    kannel_password: SecretStr = Field(default=SecretStr(""), description="that user's password")
    kannel_sender: str = Field(default="", description="sender of SMS through Kannel; unset: AT_SENDER_ID")
    kannel_smsc: str = Field(default="", description="Kannel's line to use, where it has several")
    kannel_callback_url: str = Field(default="", description="our address as Kannel reaches it; unset: HOST and PORT")
    callback_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="comma list of path secrets, newest first; unset: one is made and kept in DATA_DIR"
    )
    field_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="comma list of keys of sensitive fields, newest first; unset: one is kept in DATA_DIR"
    )
    ussd_code: str = Field(default="*964#", pattern=r"^\*[0-9*]+#$", description="the code that citizens dial")
    ussd_text: Literal["whole", "last"] = Field(
        default="whole", description="what a hop's text holds: every input so far, or the last one alone"
    )
    sms_number: str = Field(default="5599", pattern=r"^\+?[0-9]{3,15}$", description="the number that citizens text")
    quiet_hours: str = Field(
        default_factory=lambda: "" if os.environ.get("QUIET_HOURS") == "" else "21:00-08:00",
        description="local hours in which notices wait for the morning; set and empty: none",
    )
    default_language: Literal["ar", "en"] = Field(default="ar", description="language of a phone not seen before")

    @field_validator("quiet_hours")
    @classmethod
    def _are_hours(cls, value: str) -> str:
        QuietHours.parse(value)
        return value

    @field_validator("callback_secrets", "field_keys", mode="before")
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("providers", mode="before")
    @classmethod
    def _split_providers(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """Who carries SMS, the preferred one first; the simulator speaks Africa's Talking's wire."""
        alone: Carrier = "kannel" if self.provider == "kannel" else "africastalking"
        return tuple(dict.fromkeys(self.providers)) or (alone,)

    @field_validator("callback_secrets")
    @classmethod
    def _long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value()) < 8 or "/" in secret.get_secret_value() for secret in value):
            raise ValueError("each callback secret needs at least 8 characters and no '/'")
        return value

    @field_validator("field_keys")
    @classmethod
    def _are_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, secret in enumerate(value, 1):
            try:
                read_key(secret.get_secret_value())
            except ValueError as error:
                raise ValueError(f"key {number} is no URL-safe base64 of 32 bytes: {error}") from None
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("an address of Redis or Valkey: redis://:password@host:port/0")
        return value

    @field_validator("at_base_url", "kannel_url", "kannel_callback_url")
    @classmethod
    def _is_web(cls, value: str | None) -> str | None:
        if value and not re.match(r"https?://[^/\s]", value):
            raise ValueError("an address of the web: https://host")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("only PostgreSQL is supported: postgresql://user:password@host:port/name")
        return value


def load_settings() -> Settings:
    """Read the environment; raises `SettingsError` naming each refused variable, never its value."""
    try:
        found = Settings()
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from None
    if missing := _missing(found):
        raise SettingsError(missing)
    return found


def _missing(found: Settings) -> str | None:
    """What a provider cannot do without: known before the first citizen's message is refused for it."""
    if found.provider == "simulator" and found.ussd_text == "last":
        return "USSD_TEXT: the simulator's network sends the whole transcript"
    real = found.provider != "simulator" and "africastalking" in found.carriers and found.at_base_url is None
    if real and found.at_api_key == Settings.model_fields["at_api_key"].default:
        return "AT_API_KEY: Africa's Talking needs the key of AT_USERNAME's account"
    return None
