"""What an intent writes down of itself while its call goes through the stack."""

from collections.abc import Callable

from ...domain.intents import Intent
from ...domain.model import VendorAccount
from ...storage.port import Storage
from ...upstream.exchange import Reply
from .answers import Answers


class Pen:
    """One intent's part in the stack: writes down that it is being sent, and what came back."""

    def __init__(self, storage: Storage, answers: Answers, account: VendorAccount, intent: Intent):
        self.sent = False
        self._storage = storage
        self._answers = answers
        self._account = account
        self._intent = intent

    def reading(self, answer: Reply) -> Callable[[], Reply]:
        """The answer that came before, for who takes it as the answer to what was sent."""

        def read() -> Reply:
            self.sent = True
            return answer

        return read

    async def sending(self) -> None:
        """SENDING, durable before the first byte."""
        await self._storage.sending(self._intent.agency, self._intent.id, self._intent.epoch)
        self.sent = True

    async def answered(self, reply: Reply) -> None:
        """ANSWERED, with the raw answer sealed before anyone reads it."""
        sealed = self._answers.keep(self._account, self._intent.id, reply)
        intent = self._intent
        await self._storage.answered(intent.agency, intent.id, intent.epoch, sealed)
