"""How the API is served beyond this machine: by TLS, with the station's certificate."""

import ssl
from pathlib import Path

from inspection.errors import SettingsError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context that shows the certificate; TLS 1.2 or later.

    Raises:
        SettingsError: A file is missing or no PEM, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for name, path in (("certificate", certificate), ("key", key)):
        try:
            path.open("rb").close()  # OpenSSL's own error names no file
        except OSError as error:
            raise _unusable(name, path, error) from error
    try:
        # Without a password OpenSSL would ask for one on the terminal, and the engine would hang there.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise _unusable("certificate and key", certificate, error) from error
    return context


def _unusable(what: str, path: Path, error: Exception) -> SettingsError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return SettingsError(
        f"[api] {what} cannot be used ({path}): {reason}",
        part="the engine does not start",
        todo="give PEM files that this user may read, with a key that is not encrypted and belongs to the "
        "certificate, or leave [api] bind out",
    )
