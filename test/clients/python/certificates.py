"""Certificates for a test: an authority, and identities for servers and clients that it signs."""

import dataclasses
import datetime
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Identity:
    """The PEM files of a certificate and its key."""

    certificate: str
    key: str


class Authority:
    """Signs certificates and writes them into a folder; `certificate` is its own, in PEM."""

    def __init__(self, folder, name):
        self._folder = pathlib.Path(folder)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named(name)
        constraint = x509.BasicConstraints(ca=True, path_length=None)
        own = self._unsigned(self._name, self._key).add_extension(constraint, critical=True)
        self.certificate = self._write(f"{name}.pem", self._sign(own))

    def identity(self, name):
        """A certificate for `name`, localhost and 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), loopback])
        certificate = self._unsigned(named(name), key).add_extension(names, critical=False)
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Identity(
            self._write(f"{name}.pem", self._sign(certificate)),
            self._write(f"{name}-key.pem", text),
        )

    def _unsigned(self, subject, key):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - LIFETIME)
            .not_valid_after(now + LIFETIME)
        )

    def _sign(self, builder):
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    def _write(self, name, content):
        path = self._folder / name
        path.write_bytes(content)
        return str(path)


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
