"""The configuration: `settings` is the tree, `load` fills it, `keys` lists and documents it."""

from .check import url_objection
from .keys import show
from .load import load, resolve
from .settings import (
    Duration,
    Limit,
    LogFormat,
    LogLevel,
    Profile,
    Settings,
    StatusProfile,
    VendorSection,
)

__all__ = [
    "Duration",
    "Limit",
    "LogFormat",
    "LogLevel",
    "Profile",
    "Settings",
    "StatusProfile",
    "VendorSection",
    "load",
    "resolve",
    "show",
    "url_objection",
]
