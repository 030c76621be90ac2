"""Modbus/TCP Security: what may be shown and believed, and what went wrong in words.

After "MODBUS/TCP Security Protocol Specification" v36 (2021): TLS 1.2 or newer, certificates on both sides,
the Modbus TCP telegram unchanged inside. The role in our certificate, which a server may ask for, is data of
the certificate and none of our business.
"""

import ssl
from typing import Final

from inspection.errors import SettingsError
from plc.settings import TlsSettings

_EXPIRED: Final = 10  # OpenSSL's X509_V_ERR_…
_NOT_YET_VALID: Final = 9
_NAME_DIFFERS: Final = frozenset({62, 64})


def client_context(settings: TlsSettings) -> ssl.SSLContext:
    """A context that trusts ``settings.ca`` alone, checks the PLC's name, and shows our certificate.

    Raises:
        SettingsError: A file is missing, no PEM, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name by itself
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(settings.ca)
    except OSError as error:  # SSLError is one
        raise _unusable("plc.tls.ca", str(settings.ca), error) from error
    for name, path in (("plc.tls.certificate", settings.certificate), ("plc.tls.key", settings.key)):
        try:
            path.open("rb").close()  # OpenSSL's own error names no file
        except OSError as error:
            raise _unusable(name, str(path), error) from error
    try:
        # Without a password OpenSSL would ask for one on the terminal, and the engine would hang there.
        context.load_cert_chain(settings.certificate, settings.key, password="")
    except (OSError, ValueError) as error:
        raise _unusable(
            "plc.tls.certificate and plc.tls.key", f"{settings.certificate}, {settings.key}", error
        ) from error
    return context


def _unusable(key: str, path: str, error: Exception) -> SettingsError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return SettingsError(
        f"{key} cannot be used ({path}): {reason}",
        part="the link to the PLC does not start",
        todo="give PEM files that this user may read, with a key that is not encrypted and belongs to the "
        "certificate",
    )


def in_words(error: BaseException, *, expected: str) -> str:
    """What is wrong with the TLS connection, and what to do.

    Args:
        error: What the connection ended with.
        expected: The name that the PLC's certificate must carry.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the PLC's certificate is refused: {_verification(error, expected)}"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        if "ALERT" in reason:  # the other side's word
            return (
                f"the PLC refuses the TLS connection ({reason.lower().replace('_', ' ')}). Check that the "
                "PLC trusts the authority of plc.tls.certificate, and that it has not expired"
            )
        if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE"):
            return (
                "what answers at the PLC's address does not speak TLS. Check the port (802 is usual), or "
                "remove [plc.tls] where the PLC has no Modbus/TCP Security"
            )
        return f"TLS failed: {reason}"
    if isinstance(error, TimeoutError):
        return (
            "nobody answered the TLS handshake in time. Check the network and the port (802 is usual), and "
            "that Modbus/TCP Security is switched on in the PLC"
        )
    return (
        "the PLC broke off the TLS handshake. Check that it trusts the authority of plc.tls.certificate, and "
        "that the port is the one for TLS"
    )


def _verification(error: ssl.SSLCertVerificationError, expected: str) -> str:
    if error.verify_code == _EXPIRED:
        return "it has expired. Renew it on the PLC, and check this computer's clock"
    if error.verify_code == _NOT_YET_VALID:
        return "it is not valid yet. Check the clocks of this computer and of whoever issued it"
    if error.verify_code in _NAME_DIFFERS:
        return (
            f"it is not made out to {expected}. Check host, or set plc.tls.server_name to the name in the "
            "certificate"
        )
    return (
        f"it is not signed by plc.tls.ca ({error.verify_message}). This may be another device than the PLC. "
        "Give the certificate of the authority that signed the PLC's"
    )
