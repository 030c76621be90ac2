"""Where the programs' own logs go, and how a line looks."""

import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _Stderr:
    """Where logs go. A line that cannot be written (disk full, pipe closed) is lost; the part is not."""

    def write(self, text: str) -> None:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def log_to_stderr() -> None:
    """Log to stderr; stdout belongs to what was asked for. Once in each process, before it logs."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
    )
