"""Writes docs/configuration.md to standard output."""

import sys

from .keys import reference

sys.stdout.write(reference())
