"""Revocation lists: what is read from their files, and which files cannot be used."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gpd_soap.wsgi.revocation import RevocationList, UnusableList, check, name, read, subject
from tests.wsgi.authority import revocation_list

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CA = b"subject of an authority"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority."""
    return trustme.CA(organization_name="Autorità di prova", organization_unit_name="Nodo")


def subject_of(authority: trustme.CA) -> bytes:
    """The subject of an authority's certificate, as another library writes it."""
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject.public_bytes()


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2106])
def test_list_is_read_with_its_issuer_and_its_end(authority: trustme.CA, year: int) -> None:
    """Before 2050 the years of a list have two digits."""
    ends_at = datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    text = revocation_list(authority, ends_at=ends_at).decode()

    assert read(f"# a comment\r\n{text}{text}") == [(subject_of(authority), ends_at)] * 2


def test_subject_of_a_certificate_is_read(authority: trustme.CA) -> None:
    """It is the issuer of the list of the same authority, byte for byte."""
    der = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())

    assert subject(der) == subject_of(authority)


def test_authority_is_named_by_the_last_part_of_its_subject(authority: trustme.CA) -> None:
    """An operator must recognize it."""
    assert name(subject_of(authority)) == "Nodo"


def test_text_without_a_list_says_how_to_convert_one(authority: trustme.CA) -> None:
    """Authorities publish lists in DER form."""
    der = revocation_list(authority, encoding=Encoding.DER).decode("latin-1")
    certificate = authority.cert_pem.bytes().decode()
    for text in ("", der, certificate):
        with pytest.raises(UnusableList, match="openssl crl -inform DER"):
            read(text)


def test_damaged_list_is_refused(authority: trustme.CA) -> None:
    """A missing or changed byte, anywhere, causes no other error."""
    text = revocation_list(authority).decode()
    begin, *lines, end = text.strip().splitlines()
    for cut in range(len(lines)):
        with pytest.raises(UnusableList, match="damaged"):
            read("\n".join([begin, *lines[:cut], end]))
    with pytest.raises(UnusableList, match="damaged"):
        read(f"{begin}\nMAA=\n{end}")


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_list_that_ended_is_refused_by_name_and_day(authority: trustme.CA, seconds: int) -> None:
    """OpenSSL would refuse every caller, also those of an intermediate authority."""
    lists = [RevocationList(subject_of(authority), NOW - timedelta(seconds=seconds))]
    for authorities in ([], [subject_of(authority)]):
        with pytest.raises(UnusableList, match="the list of Nodo ended on 2026-11-27: fetch"):
            check(lists, authorities, NOW)


def test_old_list_beside_its_successor_is_no_harm() -> None:
    """OpenSSL takes the one that holds, whichever stands first."""
    lists = [RevocationList(CA, NOW), RevocationList(CA, NOW + timedelta(days=1))]

    assert check(lists, [CA], NOW) == check(lists[::-1], [CA], NOW) == []


def test_list_without_an_end_holds() -> None:
    """RFC 5280 requires the end, and older lists lack it."""
    assert check([RevocationList(CA, None)], [CA], NOW) == []


def test_authority_without_a_list_is_named(authority: trustme.CA) -> None:
    """A root that signs intermediate authorities alone needs none."""
    lists = [RevocationList(CA, NOW + timedelta(days=1))]

    assert check(lists, [CA, subject_of(authority)], NOW) == ["Nodo"]
