"""Fills the tree: one TOML file, with environment variables over it.

The variable `GATEWAY_<SECTION>__<KEY>` stands for `section.key`, so `GATEWAY_VENDORS__OWN__LIMITS`
for `vendors.own.limits`; numbers, lists and tables in it are written as in TOML, and an empty one
counts as not set. Unknown keys are refused. All that is wrong raises `BadInput`, which names the
key and where it stands, never its value.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct, inspect

from ..domain.failures import BadInput
from ..domain.vendor import VendorName
from .check import objections
from .keys import KEYS, SECTIONS, plain
from .settings import (
    DeadlineSection,
    Duration,
    Http,
    Limit,
    Log,
    Settings,
    Storage,
    Telemetry,
    VaultSection,
    Vendors,
    VendorSection,
    Writes,
)

FILE = "gateway.toml"
_PREFIX = "GATEWAY_"

S = TypeVar("S", bound=Struct)


@dataclass(frozen=True, slots=True)
class _Given:
    """A value for a key, and where it stands, for whoever must correct it."""

    value: Any
    place: str


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The configuration in the file at `path`, else `GATEWAY_CONFIG`, else ./gateway.toml if any.

    Environment variables go over the file, key by key. Raises `BadInput`.
    """
    given = {"storage.url": _Given(_default_url(environ), "default")}
    file = path or Path(environ.get("GATEWAY_CONFIG") or FILE)
    if path or environ.get("GATEWAY_CONFIG") or file.exists():
        given |= _from_file(file)
    given |= _from_environment(environ)
    settings = Settings(
        storage=_section(Storage, "storage", given),
        vault=_section(VaultSection, "vault", given),
        http=_section(Http, "http", given),
        deadline=_section(DeadlineSection, "deadline", given),
        writes=_section(Writes, "writes", given),
        vendors=_vendors(given),
        telemetry=_section(Telemetry, "telemetry", given),
        log=_section(Log, "log", given),
    )
    for key, reason in objections(settings):
        _refuse(key, given[key].place if key in given else "default", reason)
    return settings


def resolve(source: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text that `env:NAME` or `file:/path` refers to; any other text stands for itself."""
    kind, _, name = source.partition(":")
    try:
        if kind == "env":
            return environ[name].strip()
        if kind == "file" and name.startswith("/"):
            return Path(name).read_text().strip()
    except (KeyError, OSError, UnicodeDecodeError):
        raise BadInput(f"{source} cannot be read, or is not set.") from None
    return source


def _default_url(environ: Mapping[str, str]) -> str:
    folder = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "~"), ".local/share")
    return f"sqlite:///{Path(folder, 'agency-gateway/gateway.db').expanduser()}"


def _from_file(path: Path) -> dict[str, _Given]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        place = re.search(r"\(at .*\)$", str(error))
        raise BadInput(f"{path} is not valid TOML {place[0] if place else ''}".rstrip()) from None
    return dict(_leaves("", table, str(path)))


def _leaves(prefix: str, table: Mapping[str, Any], place: str) -> Iterator[tuple[str, _Given]]:
    """The values of all keys in a table and its sections."""
    for name, value in table.items():
        path = f"{prefix}{name}"
        if path in SECTIONS:
            if not isinstance(value, dict):
                _refuse(path, place, "Expected a section, with keys of its own")
            yield from _leaves(f"{path}.", value, place)
        elif path in KEYS:
            yield path, _Given(value, place)
        else:
            _unknown(path, place)


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    given = {}
    for name, text in environ.items():
        # Without two underscores it is none of ours: Kubernetes itself sets GATEWAY_PORT and the
        # like in every container that runs beside a service named "gateway".
        if not name.startswith(_PREFIX) or "__" not in name or not text:
            continue
        path = name.removeprefix(_PREFIX).lower().replace("__", ".")
        if path not in KEYS:
            _unknown(path, name)
        given[path] = _Given(_written(path, text, name), name)
    return given


def _written(path: str, text: str, place: str) -> Any:
    """The value of a variable: as it is where a text is wanted, else read as TOML."""
    if isinstance(KEYS[path].kind, inspect.StrType | inspect.EnumType | inspect.CustomType):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        _refuse(path, place, "Expected a number, list or table as TOML writes it")


def _vendors(given: Mapping[str, _Given]) -> Vendors:
    each = {
        vendor: _section(VendorSection, f"vendors.{vendor.value}", given) for vendor in VendorName
    }
    return _section(Vendors, "vendors", given, each=each)


def _section(struct: type[S], section: str, given: Mapping[str, _Given], **more: Any) -> S:
    """A section of the tree, each of its keys as given or by default."""
    values = more
    for field in msgspec.structs.fields(struct):
        path = f"{section}.{field.name}"
        if path in given:
            values[field.name] = _converted(path, given[path])
    return struct(**values)


def _converted(path: str, given: _Given) -> Any:
    try:
        return msgspec.convert(given.value, KEYS[path].type, dec_hook=_custom)
    except msgspec.ValidationError as error:
        _refuse(path, given.place, _reason(str(error), KEYS[path].kind))


def _custom(kind: type, value: object) -> Any:
    """Makes what msgspec does not know, which is durations only."""
    if not isinstance(value, str):
        raise ValueError('Expected a text such as "30s"')  # noqa: TRY004 - as msgspec wants it
    return Duration.parse(value)


def _reason(error: str, kind: inspect.Type) -> str:
    """What msgspec says of a value, without the value."""
    if isinstance(kind, inspect.EnumType):
        return "Expected " + " or ".join(f"`{plain(word)}`" for word in kind.cls)
    if unknown := re.search("unknown field `([^`]*)`", error):
        return f"Unknown key `{unknown[1]}`; {_nearest(unknown[1], Limit.__struct_fields__)}"
    return re.sub("^Invalid enum value .*(?= - at)", "Expected another word", error)


def _refuse(path: str, place: str, reason: str) -> NoReturn:
    where = "" if place == path else f" ({place})"
    raise BadInput(f"{path}{where}: {reason}.", field=tuple(path.split(".")))


def _unknown(path: str, place: str) -> NoReturn:
    _refuse(path, place, f"Unknown key; {_nearest(path, KEYS)}")


def _nearest(name: str, known: Iterable[str]) -> str:
    return f"the nearest known one is `{difflib.get_close_matches(name, known, 1, 0)[0]}`"
