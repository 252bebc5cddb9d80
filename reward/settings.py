"""Settings files: YAML with `key=value` overrides, filled into pydantic classes, every mistake named at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ConfigError(ValueError):
    """A config that cannot be used; the message names the key and what would be right."""


class Section(BaseModel):
    """A group of settings. Unknown keys, NaN and infinity are errors; the text under a setting is its documentation."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


C = TypeVar("C", bound=Section)
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Beta = Annotated[float, Field(ge=0, lt=1)]
"""Share of an Adam moment that each update keeps."""


def load_config(kind: type[C], path: str | Path, overrides: Iterable[str] = ()) -> C:
    """Read a YAML file and apply `key=value` overrides. Raises ConfigError naming file, key and the nearest key.

    `algorithm.preset=dapo` takes the place of all that the file says of its section; other overrides change that.
    """
    path = Path(path)
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _EachKeyOnce) or {}
    except FileNotFoundError:
        raise ConfigError(f"no config file {path}{_similar_files(path)}") from None
    except OSError as error:
        raise ConfigError(f"config file {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a YAML file: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold settings as `key: value`, not {type(values).__name__}")
    for override in sorted(overrides, key=_is_preset, reverse=True):
        _override(values, override)
    return parse_config(kind, values, str(path))


class _EachKeyOnce(yaml.SafeLoader):
    """YAML wants keys to be unique. PyYAML takes the last: of two sections of a name the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for number, (key, _) in enumerate(node.value):
            if key.value in keys[:number]:
                raise yaml.constructor.ConstructorError(
                    problem=f"key {key.value} is there twice", problem_mark=key.start_mark
                )
        return super().construct_mapping(node, deep)


def parse_config(kind: type[C], values: dict[str, Any], where: str) -> C:
    """Check values against a config class. Raises ConfigError listing every problem at once."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{where}: {line}" for line in _explain(error, kind))) from None


def dump_config(config: Section) -> str:
    """The resolved settings as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _is_preset(override: str) -> bool:
    return override.partition("=")[0].endswith(".preset")


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"{override!r} is not of the form key=value, such as rollout.temperature=0.8")
    *parents, name = key.split(".")
    for part in parents:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{key}: {part} is not a section of settings")
    if _is_preset(override):
        values.clear()
    try:
        values[name] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{override!r}: the value is not YAML: {error}") from None
    if isinstance(values[name], str):
        values[name] = _number(values[name])


def _number(text: str) -> str | float:
    """YAML 1.1 reads 1e-6 as text; here it is a number, as everywhere else."""
    try:
        return float(text)
    except ValueError:
        return text


def _explain(error: ValidationError, kind: type[Section]) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            lines.append(f"unknown key {key}{_nearest(problem['loc'], kind)}")
        elif problem["type"] == "missing":
            lines.append(f"key {key} is missing; set it")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            given = "" if isinstance(problem["input"], dict) or not key else f" (given: {problem['input']!r})"
            lines.append(f"{key}: {message}{given}" if key else message)
    return lines


def _nearest(location: tuple[int | str, ...], kind: type[Section]) -> str:
    keys = list(all_keys(kind))
    wanted = ".".join(str(part) for part in location if isinstance(part, str))
    last = wanted.rsplit(".", 1)[-1]
    close = difflib.get_close_matches(wanted, keys, 1, cutoff=0.75)
    close = close or [key for key in keys if key.rsplit(".", 1)[-1] == last]
    close = close or [key for key in keys if difflib.get_close_matches(last, [key.rsplit(".", 1)[-1]], 1, cutoff=0.75)]
    return f"; did you mean {close[0]}?" if close else ""


def all_keys(kind: type[BaseModel], prefix: str = "") -> Iterable[str]:
    """Every setting of a config class, dotted."""
    for name, field in kind.model_fields.items():
        yield prefix + name
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from all_keys(inner, f"{prefix}{name}.")
            elif is_dataclass(inner):
                yield from (f"{prefix}{name}.{setting.name}" for setting in fields(inner))


def _similar_files(path: Path) -> str:
    names = [str(file) for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    close = difflib.get_close_matches(str(path), names, 1)
    return f"; did you mean {close[0]}?" if close else ""
