"""All keys of the configuration, read off the tree, and the page that documents them.

`python -m gateway.config > docs/configuration.md` writes that page.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from msgspec import Meta, Struct, inspect

from ..domain.vendor import VendorName
from .settings import (
    DeadlineSection,
    Http,
    Log,
    Settings,
    Storage,
    Telemetry,
    VaultSection,
    Vendors,
    VendorSection,
    Writes,
    without_password,
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration; `path` is its full name, such as `vendors.own.limits`."""

    path: str
    type: Any
    default: str
    description: str

    @property
    def kind(self) -> inspect.Type:
        """The type, without its description and without None."""
        kind = inspect.type_info(self.type)
        while isinstance(kind, inspect.Metadata | inspect.UnionType):
            kind = kind.type if isinstance(kind, inspect.Metadata) else kind.types[0]
        return kind


SECTIONS: Mapping[str, type[Struct]] = {
    "storage": Storage,
    "vault": VaultSection,
    "http": Http,
    "deadline": DeadlineSection,
    "writes": Writes,
    "vendors": Vendors,
    **{f"vendors.{vendor.value}": VendorSection for vendor in VendorName},
    "telemetry": Telemetry,
    "log": Log,
}


def _described() -> Iterator[Key]:
    for section, struct in SECTIONS.items():
        for field in msgspec.structs.fields(struct):
            for meta in get_args(field.type)[1:]:
                if isinstance(meta, Meta) and meta.description:
                    default = (meta.extra or {}).get("default") or _code(field.default)
                    path = f"{section}.{field.name}"
                    yield Key(path, field.type, default, meta.description)


def _code(value: object) -> str:
    return "none" if value is None else f"`{json.dumps(plain(value))}`"


def plain(value: object) -> Any:
    """The value as JSON has it; durations as texts."""
    return json.loads(msgspec.json.encode(value, enc_hook=str))


KEYS: Mapping[str, Key] = {key.path: key for key in _described()}


def show(settings: Settings) -> dict[str, Any]:
    """The effective configuration as plain values in its sections, without any password."""
    tree: dict[str, Any] = plain(settings)
    tree["storage"]["url"] = without_password(settings.storage.url)
    tree["vendors"] |= tree["vendors"].pop("each")
    return tree


def reference() -> str:
    """docs/configuration.md."""
    vendors = [vendor.value for vendor in VendorName]
    rows = [
        f"| `{path}` | {key.default} | {key.description} |"
        for path, key in KEYS.items()
        for path in [path.replace(f".{vendors[0]}.", ".<vendor>.")]
        if not any(path.startswith(f"vendors.{other}.") for other in vendors)
    ]
    return _REFERENCE.format(
        vendors=", ".join(f"`{vendor}`" for vendor in vendors), rows="\n".join(rows)
    )


_REFERENCE = """\
# Configuration

<!-- Made by `python -m gateway.config > docs/configuration.md`; a test keeps it in step. -->

One TOML file: the one that `--config` names, else `GATEWAY_CONFIG`, else `gateway.toml` in the
current folder, if there is one. Environment variables go over it: `GATEWAY_<SECTION>__<KEY>`, such
as `GATEWAY_HTTP__PROFILE=development` or `GATEWAY_VENDORS__BRONTO__BASE_URL=https://…`; numbers,
lists and tables in them are written as in TOML, and an empty variable counts as not set. Unknown
keys are refused. Durations are `"500ms"`, `"30s"`, `"2m"`, `"1h"`. `gateway config show` prints
what is in force.

`<vendor>` is one of {vendors}.

| Key | Default | Meaning |
|---|---|---|
{rows}
"""
