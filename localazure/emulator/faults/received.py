"""The body of a request that is looked at, or waited with, before it is passed on."""

from starlette.types import Message, Receive


class Received:
    """What comes in of one request; `receive` gives it again from the start."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []
        self._complete = False

    async def body(self) -> bytes:
        """All of it; what there is of it if the client goes away."""
        while not self._complete:
            message = await self._receive()
            self._kept.append(message)
            self._complete = not message.get("more_body", False)
        return b"".join(message.get("body", b"") for message in self._kept)

    async def receive(self) -> Message:
        """For the application: the kept messages, then what else comes."""
        return self._kept.pop(0) if self._kept else await self._receive()

    async def end(self) -> None:
        """Return when the client has gone; its body, complete by now, stays kept."""
        await self.body()
        if self._kept and self._kept[-1]["type"] == "http.disconnect":
            return
        while (await self._receive())["type"] != "http.disconnect":
            pass
