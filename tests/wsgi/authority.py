"""Revocation lists of a throw-away authority."""

import datetime as dt

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

DAY = dt.timedelta(days=1)


def revocation_list(
    authority: trustme.CA,
    *revoked: trustme.LeafCert,
    ends_at: dt.datetime | None = None,
    encoding: Encoding = Encoding.PEM,
) -> bytes:
    """The list of an authority with these certificates on it; it holds for a day, or until then."""
    certificate = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    key = load_pem_private_key(authority.private_key_pem.bytes(), None)
    now = dt.datetime.now(dt.UTC)
    ends_at = ends_at or now + DAY
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(min(now, ends_at) - DAY)
        .next_update(ends_at)
    )
    for each in revoked:
        leaf = x509.load_pem_x509_certificate(each.cert_chain_pems[0].bytes())
        entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - DAY).build())
    return builder.sign(key, hashes.SHA256()).public_bytes(encoding)  # type: ignore[arg-type]  # PEM or DER
