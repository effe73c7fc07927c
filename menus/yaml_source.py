"""One YAML file as plain values, and where in it a value stands.

Decides: how content files are read (YAML 1.2: `no` stays text) and how a fault is named. Must not know: the content.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

Where = Sequence[str | int]
"""Keys and numbers that lead from the top of a file to a value."""
Fault = tuple[str, Where, str]
"""File below `config/`, where in it, and what is wrong."""


class ContentError(Exception):
    """Content was refused; `str()` has one `file:line: reason` a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A file's text and its values."""

    path: Path
    name: str
    text: str
    values: dict[str, Any]

    def fault(self, where: Where, reason: str) -> str:
        """`file:line: where: reason`, the line being that of the deepest part of `where` that exists."""
        place = ".".join(str(part) for part in where)
        return f"{self.name}:{self._line(where)}: {place + ': ' if place else ''}{reason}"

    def faults(self, error: ValidationError, prefix: Where = ()) -> list[str]:
        """Every fault of a validation error, with lines."""
        return [self.fault([*prefix, *each["loc"]], _reason(each["msg"])) for each in error.errors()]

    def _line(self, where: Where) -> int:
        node: Node = YAML(typ="safe", pure=True).compose(self.text)
        line = node.start_mark.line
        for part in where:
            child = _child(node, part)
            if child is None:
                break
            line, node = child
        return int(line) + 1


def located(sources: Mapping[str, YamlSource], faults: Iterable[Fault]) -> list[str]:
    """Each fault with file and line; `sources` by their names below `config/`."""
    return [sources[file].fault(where, reason) for file, where, reason in faults]


def _child(node: Node, part: str | int) -> tuple[int, Node] | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line, value
    return None


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def read_yaml(path: Path, root: Path) -> YamlSource:
    """Read a file whose top is a mapping; raises ContentError with file and line."""
    name = str(path.relative_to(root.parent))
    try:
        text = path.read_text("utf-8")
        values = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError([f"{name}:{line}: {error.problem}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError([f"{name}:1: cannot be read: {error}"]) from None
    if not isinstance(values, dict):
        raise ContentError([f"{name}:1: a mapping is expected at the top"])
    return YamlSource(path, name, text, values)
