"""GraphiQL as a person meets it: a real browser, the demo, nothing from elsewhere."""

import os
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from playwright.async_api import ConsoleMessage, Error, Page, Request, expect

from tests.browser import chromium

# A minute for a browser that has to be installed first.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Monaco draws only the lines in sight; its models hold all of them.
TEXT = "name => __MONACO.editor.getModels().find(m => m.uri.path.includes(name))?.getValue()"


class Demo(Protocol):
    url: str
    client_names: dict[str, str]


class Explorer:
    """The open page, with all that it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requested: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", self._note_request)
        page.on("console", self._note_message)
        page.on("pageerror", self._note_error)

    async def text(self, editor: str) -> str:
        """What is in an editor: `operation`, `request-headers` or `response`."""
        return str(await self.page.evaluate(TEXT, editor))

    async def run(self) -> str:
        """Run the operation by keyboard, and return the result pane's text."""
        await self.page.locator(".graphiql-query-editor textarea").focus()
        await self.page.keyboard.press("Control+Enter")
        await self.page.wait_for_function(f"() => ({TEXT})('response')")
        await expect(self.page.locator(".graphiql-spinner")).to_have_count(0)
        return await self.text("response")

    async def wait_until_ready(self) -> None:
        await self.page.wait_for_selector(".graphiql-query-editor .view-line")
        await self.page.wait_for_selector(".graphiql-editor-tool .view-line >> visible=true")

    def _note_request(self, request: Request) -> None:
        self.requested.append(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))


@pytest.fixture
async def explorer(demo: Demo) -> AsyncIterator[Explorer]:
    async with chromium() as browser:
        explorer = Explorer(await browser.new_page(viewport={"width": 1440, "height": 900}))
        await explorer.page.goto(demo.url)
        await explorer.wait_until_ready()
        yield explorer


async def test_the_first_query_shows_a_client_of_each_vendor(
    demo: Demo, explorer: Explorer
) -> None:
    result = await explorer.run()

    absent = {vendor for vendor, name in demo.client_names.items() if name not in result}
    assert not absent, result
    assert "Authorization" in await explorer.text("request-headers")
    await expect(explorer.page.locator(".result-window .view-line").first).to_be_visible()
    if screenshot := os.environ.get("EXPLORER_SCREENSHOT"):
        await explorer.page.screenshot(path=screenshot)


async def test_docs_history_and_operation_builder_open_and_nothing_comes_from_elsewhere(
    demo: Demo, explorer: Explorer
) -> None:
    page = explorer.page
    await explorer.run()

    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer-content")).to_contain_text("Query")
    await page.get_by_role("button", name="Show History").click()
    await expect(page.locator(".graphiql-history-item")).to_have_count(1)
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await expect(page.locator(".graphiql-explorer-root input").first).to_be_visible()
    await page.get_by_role("button", name="Prettify query").click()
    await page.wait_for_load_state("networkidle")

    assert [url for url in explorer.requested if not url.startswith(demo.url)] == []
    assert explorer.complaints == []


async def test_the_browser_keeps_the_history_without_the_api_key(explorer: Explorer) -> None:
    page = explorer.page
    await explorer.run()
    headers = await explorer.text("request-headers")

    await page.reload()
    await explorer.wait_until_ready()
    await page.get_by_role("button", name="Show History").click()
    await page.locator(".graphiql-history-item-label").first.click()

    assert "Bearer" not in await page.evaluate("JSON.stringify(localStorage)")
    assert "Bearer" in headers
    assert await explorer.text("request-headers") == headers
