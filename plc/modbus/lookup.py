"""The PLC's name looked up beside the event loop: one look-up at a time, which nobody waits for to the end.

A name server that is silent takes many seconds to give up on. asyncio's own look-up then holds a thread of
the pool that all share, one more at each attempt to connect, and the program's end waits for them.
"""

import asyncio
import contextlib
import ipaddress
import socket
from threading import Thread


class Lookup:
    """Finds the addresses of one host. Lives in the event loop.

    Args:
        host: A name or an address.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._under_way: asyncio.Future[list[str]] | None = None

    async def addresses(self, *, patience_s: float) -> list[str]:
        """The host's addresses, to be tried in this order; an address is its own.

        Raises:
            TimeoutError: They are not known within that time. The next call takes the same look-up up.
            OSError: There is no such name.
            ValueError: This cannot be a name.
        """
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(self._host))]
        if self._under_way is None:
            self._under_way = self._begin()
        async with asyncio.timeout(patience_s):
            await asyncio.wait({self._under_way})
        under_way, self._under_way = self._under_way, None
        return under_way.result()

    def _begin(self) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()

        def settle(addresses: list[str], error: Exception | None) -> None:
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)
                found.exception()  # asyncio need not complain where nobody asks again

        def look_up() -> None:
            addresses, failure = list[str](), None
            try:
                found_here = socket.getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
                addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found_here))
            except (OSError, ValueError) as error:  # ValueError: what cannot be a name
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, addresses, failure)

        Thread(target=look_up, name="plc-lookup", daemon=True).start()
        return found
