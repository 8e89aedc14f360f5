"""The certificate authority of the sandbox: made at first start, never kept in the repository.

In life there are several (the OCES3 authority, the one of the vehicle register, the ones of the
web); here one signs all, so that the portal has one file to trust.
"""

from __future__ import annotations

import ipaddress
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CITY = "Københavns Kommune (sandkasse)"
#: The mark of a folder that holds everything below; another name when there is more to make.
COMPLETE = "complete-4"
SECRETS = (
    *("accounts", "basemap", "payments", "payments-webhook"),
    *("charges", "charges-webhook", "bank"),
)


class Authority:
    """The files in one folder: certificates (with their keys, readable by the owner only)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / COMPLETE).exists():
            self._make_everything()

    def path(self, name: str) -> Path:
        """The file of a certificate or a secret, for example `client.pem`."""
        return (self.folder / name).absolute()

    def read(self, name: str) -> bytes:
        """The content of a file: a certificate, or key and certificate."""
        return self.path(name).read_bytes()

    def secret(self, name: str) -> str:
        """A shared secret, one of `SECRETS`."""
        return self.path(f"{name}.txt").read_text("utf-8")

    def certificate(self, name: str) -> x509.Certificate:
        """The certificate in a file."""
        return x509.load_pem_x509_certificate(self.read(name))

    def _make_everything(self) -> None:
        now = datetime.now(UTC)
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("Sandkassens udsteder", ca_key, None, now, authority=True)
        foreign_key = ec.generate_private_key(ec.SECP256R1())
        foreign = _certificate("En fremmed udsteder", foreign_key, None, now, authority=True)
        signer = (ca, ca_key)
        self._write("ca.pem", ca)

        for name, by, made in (
            ("server.pem", signer, now),
            ("server-expired.pem", signer, now - timedelta(days=900)),
            ("server-foreign.pem", (foreign, foreign_key), now),
        ):
            key = ec.generate_private_key(ec.SECP256R1())
            self._write(name, _certificate("localhost", key, by, made, server=True), key)

        for name, subject, bits in (
            ("client.pem", CITY, 2048),
            ("saml-portal.pem", CITY, 3072),
            ("dmr-portal.pem", CITY, 2048),
            ("idp.pem", "NemLog-in (sandkasse)", 3072),
            ("staff-idp.pem", "Kommunens eget login (sandkasse)", 3072),
            ("dmr.pem", "Motorregistret (sandkasse)", 2048),
        ):
            own_key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
            self._write(name, _certificate(subject, own_key, signer, now), own_key)
        self._write("dmr-trust.pem", self.certificate("dmr.pem"))

        for name in SECRETS:
            # Nexi takes 8 to 32 letters and digits for the secret of a webhook.
            self._save(f"{name}.txt", secrets.token_hex(16).encode())
        self._save(COMPLETE, b"")

    def _write(self, name: str, certificate: x509.Certificate, key: Key | None = None) -> None:
        private = b""
        if key is not None:
            private = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        self._save(name, private + certificate.public_bytes(serialization.Encoding.PEM))

    def _save(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)


def _certificate(
    common_name: str,
    key: Key,
    signer: tuple[x509.Certificate, Key] | None,
    now: datetime,
    *,
    authority: bool = False,
    server: bool = False,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    issuer, issuer_key = (signer[0].subject, signer[1]) if signer else (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=825))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=not authority,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if server:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
    if not authority:
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
