"""A certificate authority for tests, made by the openssl program."""

import shutil
import ssl
import subprocess
from pathlib import Path

OPENSSL = shutil.which("openssl")
CURVE = ("-pkeyopt", "ec_paramgen_curve:prime256v1")


class Authority:
    """One authority in its own folder; issues certificates for the loopback."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        (self._folder / "index").touch()
        (self._folder / "ca.cnf").write_text(
            f"""[ca]
default_ca = here
[here]
database = {self._folder}/index
new_certs_dir = {self._folder}
rand_serial = yes
default_md = sha256
policy = any
certificate = {self._folder}/ca.pem
private_key = {self._folder}/ca.key
[any]
commonName = supplied
"""
        )
        self._openssl(
            *("req", "-x509", "-newkey", "ec", *CURVE, "-nodes", "-subj", f"/CN={name}", "-days", "2"),
            *("-keyout", "ca.key", "-out", "ca.pem"),
        )
        self.certificate = self._folder / "ca.pem"

    def issue(
        self,
        name: str,
        *,
        alt: str = "IP:127.0.0.1",
        start: str = "20200101000000Z",
        end: str = "20491231235959Z",
    ) -> tuple[Path, Path]:
        """A certificate and its key."""
        (self._folder / f"{name}.ext").write_text(f"subjectAltName={alt}\n")
        self._openssl(
            *("req", "-newkey", "ec", *CURVE, "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        self._openssl(
            *("ca", "-batch", "-config", "ca.cnf", "-notext", "-in", f"{name}.csr", "-out", f"{name}.pem"),
            *("-startdate", start, "-enddate", end, "-extfile", f"{name}.ext"),
        )
        return self._folder / f"{name}.pem", self._folder / f"{name}.key"

    def server(self, name: str = "plc", **issued: str) -> ssl.SSLContext:
        """A PLC's side: shows a certificate of ours, and asks for one of ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, **issued))
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _openssl(self, *arguments: str) -> None:
        assert OPENSSL is not None
        done = subprocess.run(
            [OPENSSL, *arguments], cwd=self._folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
