# SPDX-License-Identifier: Apache-2.0
"""``zvm manager certificates``: a certificate authority (CA) of one's own, and certificates that it signs.

For the TLS between nova-compute, management node and zHCPs where no other CA is at hand. Keys are P-256,
readable by their owner alone; what is there is never overwritten.
"""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS, DAYS = 3650, 825
_ALLOWED_BACK = datetime.timedelta(hours=1)  # clocks of other machines


def make(folder: Path, names: Sequence[str], *, days: int = DAYS) -> list[Path]:
    """Make ``ca.pem`` with its key if it is not there, and NAME.pem with NAME.key for each name.

    :param names: host names or addresses, by which the certificates are found valid.
    :return: the files that were made.
    :raises FileExistsError: a certificate is there already; remove it to have a new one.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: list[Path] = []
    authority, key, new = _authority(folder)
    made += new
    for name in names:
        own = ec.generate_private_key(ec.SECP256R1())
        signed = (
            _builder(_subject(name), authority.subject, own.public_key(), days)
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        made += _written(folder, name, signed, own)
    return made


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, list[Path]]:
    """Return the CA in the folder, with the files that were made for it."""
    certificate, secret = folder / "ca.pem", folder / "ca.key"
    if certificate.exists():
        key = serialization.load_pem_private_key(secret.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{secret} is none of ours: no key on an elliptic curve")
        return x509.load_pem_x509_certificate(certificate.read_bytes()), key, []
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject("nova-zvm CA")
    signed = (
        _builder(subject, subject, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_CA_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return signed, key, _written(folder, "ca", signed, key)


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ALLOWED_BACK)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _written(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> list[Path]:
    if not name or name.startswith(".") or "/" in name:
        raise ValueError(f"{name!r} is no host name")
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = [(folder / f"{name}.key", secret, 0o600)]
    files.append((folder / f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644))
    for path, content, mode in files:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(number, "wb") as file:
            file.write(content)
    return [path for path, _, _ in files]


def run(arguments: list[str]) -> int:
    """Make what is asked for and print the files; return the exit status."""
    parser = argparse.ArgumentParser(prog="zvm manager certificates", description=__doc__)
    parser.add_argument("folder", type=Path, help="where ca.pem is or will be; keep ca.key there to yourself")
    parser.add_argument("names", nargs="+", help="host names or addresses of management nodes and zHCPs")
    parser.add_argument("--days", type=int, default=DAYS)
    asked = parser.parse_args(arguments)
    try:
        for path in make(asked.folder, asked.names, days=asked.days):
            sys.stdout.write(f"{path}\n")
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"zvm manager: {problem}\n")
        return 1
    return 0
