"""Opens the API beyond this machine, where the settings say so."""

from app.access.doors.doors import Doors
from app.api.engine.supervisor import ServedElsewhere, bind
from app.api.server.tls import server_context
from app.settings.station import ApiTable
from inspection.errors import SettingsError


def served_elsewhere(api: ApiTable) -> ServedElsewhere | None:
    """The second listener; None where the API stays on loopback.

    Raises:
        SettingsError: Certificate and key cannot be used, or address and port cannot be taken.
    """
    if api.bind is None or api.certificate is None or api.key is None:
        return None
    server_context(api.certificate, api.key)  # what is wrong with them is said now, not by the API process
    listener = bind(api.port, address=api.bind)
    return ServedElsewhere(listener, (api.bind, *api.names), api.certificate, api.key)


async def refuse_without_users(doors: Doors) -> None:
    """Refuse to open it while nobody could sign in there.

    Raises:
        SettingsError: The record knows no user, or cannot be read.
    """
    await doors.look()
    if not doors.known or doors.first_day:
        raise SettingsError(
            "[api] bind opens the API beyond this machine, and the record knows no user",
            part="the engine does not start",
            todo="add the users first (passgate user add NAME --role administrator), or leave bind out",
        )
