"""A real browser for tests: Debian's Chromium, installed when it is absent."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

CHROMIUM = "/usr/bin/chromium"

# Test processes run side by side, and only one of them may install.
_INSTALL = f"""
test -x {CHROMIUM} && exit
apt-get update && apt-get install -y --no-install-recommends chromium
"""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium that calls nobody by itself."""
    if not shutil.which(CHROMIUM):
        await _install()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def _install() -> None:
    lock = "/tmp/install-chromium.lock"
    process = await asyncio.create_subprocess_exec("flock", lock, "sh", "-c", _INSTALL)
    if await process.wait():
        raise RuntimeError(f"{CHROMIUM} is absent and could not be installed")
