"""`config/retention.yaml`: for how many days each kind of personal data is kept.

Decides what the file may say. Must not know how anything is deleted.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.settings import ROOT, SettingsError

PATH = ROOT / "config" / "retention.yaml"


class Ages(BaseModel):
    """Days; `cases` 0 means for ever."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    raw_input: int = Field(ge=1)
    requests: int = Field(ge=1)
    messages: int = Field(ge=31)
    views: int = Field(ge=31)
    people: int = Field(ge=31)
    cases: int = Field(ge=0)

    @property
    def deleted(self) -> Mapping[str, int]:
        """Days by the name of what is deleted by age alone."""
        return {name: days for name, days in self.model_dump().items() if name != "cases"}


def load_ages(path: Path = PATH) -> Ages:
    """The file, checked. SettingsError names what is wrong in it."""
    try:
        return Ages.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = "\n".join(f"{path.name}: {each['loc'][0]}: {each['msg']}" for each in error.errors() if each["loc"])
        raise SettingsError(faults or f"{path.name}: is no mapping") from None
    except (OSError, YAMLError) as error:
        raise SettingsError(f"{path.name}: {error}") from None
