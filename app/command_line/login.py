"""Who sits at the machine."""

import contextlib


def login() -> str:
    """Who runs this command, as the operating system says."""
    import psutil

    with contextlib.suppress(psutil.Error, KeyError, OSError):
        return psutil.Process().username()
    return "unknown"
