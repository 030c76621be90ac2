"""What the operating system says when a disk refuses, as codes."""

import errno
from typing import Final

from inspection.messages.codes import Code
from inspection.messages.message import Coded, Message

_BY_NUMBER: Final = {
    errno.ENOSPC: Code.DISK_FULL,
    errno.EDQUOT: Code.DISK_FULL,
    errno.EROFS: Code.DISK_READ_ONLY,
    errno.EACCES: Code.NO_RIGHTS,
    errno.EPERM: Code.NO_RIGHTS,
    errno.ENOENT: Code.FILE_GONE,
    errno.ENOTDIR: Code.FILE_GONE,
}


def refusal(error: BaseException | None) -> Coded:
    """What the disk said that ``error`` came from; empty where no disk is to blame."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    if error is None or error.errno is None:
        return ()
    return (Message(code=_BY_NUMBER.get(error.errno, Code.DISK_FAILS)),)
