"""Every document in this folder, run against a gateway and vendors of its own.

After a change that is meant, `WALKS=write` writes responses and calls anew; read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.vendor import VendorName
from tests.gateways import Gateway
from tests.walks.document import Names, Step, steps

HERE = Path(__file__).parent
TEXTS = {path: path.read_text() for path in sorted(HERE.glob("*.md"))}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
async def test_walk(gateway: Gateway, path: Path) -> None:
    """The vendors are asked, and the caller is answered, exactly what the document says."""
    names, agency, text = Names(), "Harbour", TEXTS[path]
    written: list[tuple[Step, Any, Any]] = []
    for step in steps(text):
        agency = step.world.get("agency", agency)
        answer, calls = await ask(gateway, step, agency, names.filled(step.variables))
        if os.environ.get("WALKS") == "write":
            written.append((step, names.described(answer), calls))
            continue
        assert list(names.differences(step.response, answer)) == []
        assert calls == step.calls
    if written:
        rewrite(path, text, written)


async def ask(
    gateway: Gateway, step: Step, agency: str, variables: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, int]]]:
    """The answer without what it cost, and the calls that the vendors received."""
    if step.world.get("warm"):
        await gateway.query(step.query, agency=agency, variables=variables)
    gateway.later(step.world.get("later", 0))
    for vendor, faults in step.world.get("faults", {}).items():
        await gateway.sandbox.faults(VendorName[vendor], *faults)
    await gateway.settle()
    gateway.sandbox.forget()
    answer = await gateway.query(step.query, agency=agency, variables=variables)
    told = {key: answer.body[key] for key in ("data", "errors") if key in answer.body}
    return told, await gateway.sandbox.all_calls()


def rewrite(path: Path, text: str, written: list[tuple[Step, Any, Any]]) -> None:
    """The document with these responses and calls in the place of its own."""
    for step, answer, calls in reversed(written):
        for kind, value in (("calls", calls), ("response", answer)):
            begin, end = step.at[kind]
            shown = json.dumps(value, ensure_ascii=False, indent=2)
            text = f"{text[:begin]}{shown}\n{text[end:]}"
    path.write_text(text)


def test_there_are_documents() -> None:
    assert len(TEXTS) >= 10
