"""Callers who leave in the middle take nothing of others with them, and leave nothing behind.

redis-py of March 2023 gave a cancelled command's answer to whoever came next (CVE-2023-28858).
"""

import asyncio
from itertools import cycle
from typing import Any

from tests.gateways import Answer, Gateway

ALL = "{ agency { id clients(first: 100) { nodes { id records { id } } } } }"
ONE = """
query One($id: ID!) {
  agency { id }
  client(id: $id) { id name records { id vendorId name createdAt } }
}
"""


async def test_each_answer_is_that_of_its_question_while_others_are_cancelled(
    gateway: Gateway,
) -> None:
    agencies = {
        name: (await gateway.query(ALL, agency=name)).whole["agency"] for name in gateway.keys
    }
    questions = [
        (name, client) for name, agency in agencies.items() for client in agency["clients"]["nodes"]
    ]
    for vendor in gateway.sandbox.running.vendors:
        await gateway.sandbox.faults(vendor, {"fault": "latency", "ms": 20})
    gateway.later(7200)
    before = len(asyncio.all_tasks())

    async def ask(name: str, client: dict[str, Any], leave_after: float | None) -> Answer | None:
        asking = gateway.query(ONE, agency=name, variables={"id": client["id"]})
        try:
            return await asyncio.wait_for(asking, leave_after)
        except TimeoutError:
            return None

    patience = cycle((None, 0.005, 0.02, 0.04, None))
    storm = [(*question, next(patience)) for question in questions * 8]
    answers = await asyncio.gather(*(ask(*each) for each in storm))

    stayed = [(each, answer) for each, answer in zip(storm, answers, strict=True) if answer]
    assert len(stayed) >= len([each for each in storm if each[2] is None])
    for (name, client, _), answer in stayed:
        assert answer.whole["agency"]["id"] == agencies[name]["id"]
        assert answer.whole["client"]["id"] == client["id"]
        shown = {record["id"] for record in answer.whole["client"]["records"]}
        assert shown == {record["id"] for record in client["records"]}
    for _ in range(250):
        if len(asyncio.all_tasks()) <= before + 2:
            break
        await asyncio.sleep(0.02)
    assert len(asyncio.all_tasks()) <= before + 2
