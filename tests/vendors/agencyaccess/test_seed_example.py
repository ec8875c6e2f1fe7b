"""The script that the vendor's guide shows works against the double: only its constants change."""

import asyncio
import sys

from .wire import Wire, first

SCRIPT = """
import requests

API_KEY = {key!r}
API_BASE = {base!r}

headers = {{"X-Auth": API_KEY, "Content-Type": "application/json"}}
service = {{
    "accessLevel": "ADMIN",
    "requested": True,
    "requestedAccountLinks": [{{"internalAccountID": {account!r}}}],
}}
data = {{
    "clientID": {client!r},
    "requestedAccounts": {{"Google": {{"Google Ads": service}}}},
    "sendEmail": True,
}}

response = requests.post(f"{{API_BASE}}/api/links/create", headers=headers, json=data)
result = response.json()
if not result.get("error"):
    print(f"Link created: {{result['data']}}")
else:
    print(f"Error: {{result['msg']}}")
"""


async def run(**constants: str | None) -> str:
    """What the script prints with these constants."""
    script = SCRIPT.format(**constants)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env={}
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode().strip()


async def test_the_guides_python_example_creates_a_link(wire: Wire, base_url: str) -> None:
    agency = wire.agency("Harbour")
    client, account = first(agency["clients"]), first(agency["accounts"])
    constants = {"key": wire.key, "base": base_url, "client": client, "account": account}
    printed = await run(**constants)
    [effect] = wire.double.effects()
    assert printed == f"Link created: {effect['id']}"
    assert (effect["change"]["clientID"], effect["change"]["sendEmail"]) == (client, True)
    read = await wire.good("links/retrieve", id=effect["id"])
    assert read["requestedAccounts"]["Google"]["Google Ads"]["requestedAccountLinks"] == [
        {"internalAccountID": account}
    ]
    refused = await run(**{**constants, "client": "client-id-here"})
    assert refused == "Error: Please provide a valid clientID"
    assert len(wire.double.effects()) == 1
