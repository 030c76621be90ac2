"""A camera that replays a folder of pictures, one a capture: for trials on recorded parts."""

import csv
import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import ValidationError

from inspection.errors import CameraError, DatasetError
from inspection.levels import BitDepth, RawPicture
from inspection.part import Frame, Truth
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.export import read_export
from inspection.pictures.labels.files import picture_files
from inspection.pictures.labels.folder_names import says_good, telling_folders

log = structlog.get_logger(__name__)

TRUTH_TABLE = "truth.csv"

_NO_PICTURE = "the part has no picture and is not released"


class FolderCamera:
    """Replays the pictures of a folder, sorted by their path, whatever part id is asked for.

    Masks are left out, as everywhere (:mod:`inspection.pictures.labels.files`).

    Frames are ``simulated``: a file is not the part on the belt (promise 2). In a labelling tool's export
    (:mod:`inspection.pictures.labels.layouts`) their truth is what its labels say, and not known where they
    say nothing. In any other folder it comes from the first of these that knows the picture:

    1. ``<picture>.json`` beside it (``a.png.json`` or ``a.json``): ``{"defective": true, "types": ["pit"]}``;
    2. ``truth.csv`` in the folder: columns ``file`` (path within the folder, with /), ``defective`` (true or
       false, 1 or 0), ``types`` (separated by ;);
    3. the subfolder that it lies in: ``good``, ``ok``, ``gut``, ``良品`` and their like are free of defects,
       ``images``, ``train`` and their like say nothing (:mod:`inspection.pictures.labels.folder_names`), any
       other name is the type of the defect. A picture in no subfolder that tells has no known truth.

    While one picture is being judged, the next one is decoded in a thread of its own. One is held ready at
    most; none is left out: an unreadable one fails its own capture, and the next capture goes on after it.

    The folder is listed in ``open``: files added later are not seen. The place is not remembered: after a
    restart of the engine the replay begins again with the first picture, under the new triggers' part ids.

    Args:
        name: The name that recipes' views use.
        directory: The folder.
        loop: At the end, begin again; otherwise each further capture raises CameraError.
        timeout_s: How long a capture waits for its file, as on a network drive that has gone.
        bit_depth: Of all its pictures; one of another depth is refused.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        loop: bool = True,
        timeout_s: float = 2.0,
        bit_depth: BitDepth = 8,
    ) -> None:
        self._name = name
        self._bit_depth = bit_depth
        self._directory = directory
        self._loop = loop
        self._timeout_s = timeout_s
        self._files: tuple[Path, ...] = ()
        self._table: dict[str, Truth] = {}
        self._labels: dict[Path, Truth] | None = None
        self._number = 0
        self._loader: ThreadPoolExecutor | None = None
        self._next: Future[tuple[RawPicture, Truth | None]] | None = None

    @property
    def name(self) -> str:
        """The name that recipes' views use."""
        return self._name

    @property
    def simulated(self) -> bool:
        """Always True: the files do not show the part on the belt."""
        return True

    @property
    def fault(self) -> str | None:
        """Always None: whether the next file can be read, only a capture tells."""
        return None

    def open(self) -> None:
        """List the folder, read its table of truth, and begin to decode the first picture.

        Raises:
            CameraError: The folder is missing or empty, or its table cannot be understood.
        """
        self.close()
        if not self._directory.is_dir():
            raise CameraError(
                f"the picture folder {self._directory} of camera {self._name!r} does not exist",
                part=_NO_PICTURE,
                todo="correct the camera's directory in the settings, or mount the drive",
            )
        self._files = picture_files(self._directory)
        self._table = _read_table(self._directory / TRUTH_TABLE)
        self._labels = _read_labels(self._directory)
        self._number = 0
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"camera-{self._name}")
        self._load_next()

    def capture(self, part_id: int) -> Frame:
        """The next picture. ``part_id`` does not matter.

        Raises:
            CameraError: Not open, at the end, out of time, or this picture or its sidecar is unreadable.
        """
        if self._loader is None:
            raise CameraError(
                f"camera {self._name!r} is not open",
                part=_NO_PICTURE,
                todo="start the station's cameras before its line",
            )
        if self._next is None:
            raise CameraError(
                f"there are no more pictures in {self._directory}: all {len(self._files)} have been shown",
                part=_NO_PICTURE,
                todo="restart the station to begin again, or set loop = true for this camera",
            )
        path = self._files[self._number % len(self._files)]
        try:
            picture, truth = self._next.result(self._timeout_s)
        except TimeoutError:
            # The file stays next: should it arrive later, it is still shown once and in its turn.
            raise CameraError(
                f"{path} was not read within {self._timeout_s:g} s",
                part=_NO_PICTURE,
                todo="check the drive that holds the pictures",
            ) from None
        except CameraError:
            self._step()
            raise
        self._step()
        return Frame(
            picture=picture,
            camera=self._name,
            captured_at=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
            number=self._number,
            simulated=True,
            source=str(path),
            truth=truth,
            bit_depth=self._bit_depth,
        )

    def close(self) -> None:
        """Stop decoding. Does not wait for a file that is being read."""
        if self._loader is not None:
            self._loader.shutdown(wait=False, cancel_futures=True)
        self._loader = None
        self._next = None

    def _step(self) -> None:
        self._number += 1
        self._load_next()

    def _load_next(self) -> None:
        if self._loader is None or (self._number >= len(self._files) and not self._loop):
            self._next = None
            return
        path = self._files[self._number % len(self._files)]
        self._next = self._loader.submit(self._load, path)

    def _load(self, path: Path) -> tuple[RawPicture, Truth | None]:
        return read_picture(path, bit_depth=self._bit_depth, part=_NO_PICTURE), self._truth(path)

    def _truth(self, path: Path) -> Truth | None:
        if self._labels is not None:
            return self._labels.get(path)
        for sidecar in (path.with_name(path.name + ".json"), path.with_suffix(".json")):
            if sidecar.is_file():
                return _read_sidecar(sidecar)
        inside = path.relative_to(self._directory)
        if inside.as_posix() in self._table:
            return self._table[inside.as_posix()]
        if folders := telling_folders(inside):
            folder = folders[-1]
            good = says_good(folder)
            return Truth(defective=not good, types=() if good else (folder,))
        return None


def _read_sidecar(path: Path) -> Truth:
    try:
        return Truth.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CameraError(
            f"{path} is not a sidecar of truth: {_first_line(error)}",
            part=_NO_PICTURE,
            todo='write {"defective": true, "types": ["scratch"]}, or remove the file',
        ) from error


def _read_labels(directory: Path) -> dict[Path, Truth] | None:
    """The truth by an export's labels; None where the folder is none, empty where they cannot be used."""
    try:
        annotations = read_export(directory)
    except DatasetError as error:
        log.warning("labels cannot be used, so no part has a known truth", why=str(error))
        return {}
    if annotations is None:
        return None
    return {
        one.path: Truth(
            defective=bool(one.marks), types=tuple(dict.fromkeys(mark.kind for mark in one.marks))
        )
        for one in annotations.pictures
    }


def _read_table(path: Path) -> dict[str, Truth]:
    """The truth by path within the folder; empty where there is no table."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return {
                row["file"]: Truth.model_validate(
                    {
                        "defective": row["defective"].strip().lower(),
                        "types": tuple(t.strip() for t in (row.get("types") or "").split(";") if t.strip()),
                    }
                )
                for row in csv.DictReader(lines)
            }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise CameraError(
            f"{path} is not a table of truth: {_first_line(error)}",
            part="the camera does not open, so no part is released",
            todo="give it the columns file,defective,types, or remove it",
        ) from error


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(place) for place in first['loc'])}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"there is no column {error}"
    return str(error).splitlines()[0]
