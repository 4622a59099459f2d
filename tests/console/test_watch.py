"""Whether a station is well, in words; and what the self-test asks from outside."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import trustme

from gpd_soap.console.work import asking
from gpd_soap.console.work.watch import Certificate, concerns, verdict, watched
from gpd_soap.settings import Settings
from gpd_soap.store.journal.figures import Slot
from gpd_soap.store.store import Store
from gpd_soap.usecases.figures.station import Call, Fault, Speed, Station
from gpd_soap.wiring import node_face
from tests.conftest import LendDatabase
from tests.console import harness
from tests.usecases.people.people import NOW

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ROUTE = asking.Route(harness.ORGANIZATION, "15376371009", "15376371009_01")
QUIET = [Slot(NOW - n * 5 * MINUTE, 10, 0) for n in range(6)]
BAD = [Slot(NOW - n * 5 * MINUTE, 10, 6) for n in range(3)]
PROBED = Call("paVerifyPaymentNotice", NOW - 5 * MINUTE, "KO", "PAA_PAGAMENTO_SCONOSCIUTO")
WELL = Station(
    [Call("paVerifyPaymentNotice", NOW - MINUTE, "OK", "-", 9, 4, 100)],
    None,
    Speed(date(2026, 11, 1), 1000, 990),
    [Speed(date(2026, 11, 27), 1000, 990)],
    QUIET,
    [],
)


def watched_things(
    station: Station, certificates: list[Certificate] | None = None
) -> list[tuple[str, str]]:
    """Returns what is to be watched, with who can mend it."""
    things = watched(station, NOW, certificates or [], [])
    return [(each.title, each.who) for each in things if each.kind != "good"]


def test_healthy_station_has_nothing_to_watch():
    """The title of the page says so."""
    things = watched(WELL, NOW, [], [])
    assert concerns(things) == 0
    assert verdict(things, WELL) == "La stazione sta bene"


@pytest.mark.parametrize(
    ("station", "title", "who"),
    [
        (WELL._replace(calls=[]), "Ancora nessuna domanda", "chi configura la stazione"),
        (
            WELL._replace(calls=[Call("paSendRTV2", NOW - 3 * DAY, "OK")]),
            "Il Nodo non chiede da 3 giorni",
            "chi gestisce il proxy",
        ),
        (
            WELL._replace(month=Speed(date(2026, 11, 1), 100000, 97999)),
            "97,99\u00a0% entro 2 secondi",
            "chi gestisce il programma",
        ),
        (
            WELL._replace(slots=[*QUIET[:3], *BAD]),
            "3 fasce su 6 sono cattive",
            "chi gestisce il programma",
        ),
        (
            WELL._replace(probed_at=NOW - 5 * MINUTE, calls=[PROBED]),
            "Siamo in Stand-In",
            "chi gestisce il programma",
        ),
        (
            WELL._replace(faults=[Fault("PAA_PAGAMENTO_SCADUTO", 40, 5.0)]),
            "«È scaduto»: 40 volte oggi",
            "l’ufficio",
        ),
        (
            WELL._replace(faults=[Fault("PAA_STAZIONE_INT_ERRATA", 40, 0.0)]),
            "«Un’altra stazione»: 40 volte oggi",
            "chi configura la stazione",
        ),
    ],
)
def test_thing_to_watch_says_who_can_mend_it(station: Station, title: str, who: str):
    """Each is named one at a time."""
    assert watched_things(station) == [(title, who)]


def test_stand_in_ends_with_the_next_question():
    """A probe by hand, or the last one, is no alarm once the Node asks for a notice again."""
    probed = NOW - 5 * MINUTE
    verify, receipt = Call("paVerifyPaymentNotice", probed, "KO"), Call("paSendRTV2", NOW, "OK")
    during = WELL._replace(probed_at=probed, calls=[verify, receipt])
    later = verify._replace(last_at=probed + 2 * MINUTE)

    assert watched_things(during) == [("Siamo in Stand-In", "chi gestisce il programma")]
    assert watched_things(during._replace(calls=[later, receipt])) == []
    assert watched_things(during._replace(calls=[verify, Call("paGetPaymentV2", NOW, "OK")])) == []


def test_ratio_just_below_the_target_is_not_rounded_up_to_it():
    """97.999 is not 98."""
    [(title, _)] = watched_things(WELL._replace(month=Speed(date(2026, 11, 1), 100000, 97999)))
    assert not title.startswith("98")
    assert watched_things(WELL._replace(month=Speed(date(2026, 11, 1), 100, 98))) == []


def test_certificate_is_mentioned_a_month_before_it_ends():
    """A week before, it is a problem."""
    for days, kind in ((31, None), (19, "care"), (3, "bad"), (-2, "bad")):
        things = watched(WELL, NOW, [Certificate("del proxy", NOW + days * DAY)], [])
        kinds = [each.kind for each in things if "certificato" in each.title]
        assert kinds == ([kind] if kind else [])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority for certificates of tests."""
    return trustme.CA()


def test_end_of_a_certificate_is_read_from_its_file(authority: trustme.CA, tmp_path: Path):
    """A file with its chain has the end of the first; one without a certificate has none."""
    ends_at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    leaf = authority.issue_cert("ec.example", not_after=ends_at)
    path = tmp_path / "chain.pem"
    path.write_bytes(b"a comment\n" + b"".join(each.bytes() for each in leaf.cert_chain_pems))
    assert asking.certificate_end(str(path)) == ends_at

    path.write_text("no certificate")
    assert asking.certificate_end(str(path)) is None
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert asking.certificate_end(str(path)) is None
    assert asking.certificate_end(str(tmp_path / "none.pem")) is None


@pytest.fixture
def behind_tls(authority: trustme.CA) -> Iterator[tuple[str, datetime]]:
    """The address of a listener with TLS, and when its certificate ends."""
    ends_at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=ends_at).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def answer() -> None:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True):
                pass

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/partner", ends_at
        thread.join(60)


def test_certificate_at_the_public_address_is_seen(behind_tls: tuple[str, datetime]):
    """Without TLS there is none."""
    address, ends_at = behind_tls
    assert asking.public_certificate_end(address) == ends_at
    assert asking.public_certificate_end("http://127.0.0.1:1/partner") is None
    assert asking.public_certificate_end("") is None


def test_probe_from_outside_reaches_the_real_face(shared_database: LendDatabase):
    """An address where nothing listens is said, and so is one that is no address."""
    store: Store = shared_database("sqlite", harness.prepare).store
    with harness.served(node_face(Settings(), store, lambda: NOW)) as origin:
        tried = asking.public(f"{origin}/partner", ROUTE)
        elsewhere = asking.public(f"{origin}/nothing-here", ROUTE)

    assert (tried.well, tried.detail) == (True, "PAA_PAGAMENTO_SCONOSCIUTO")
    assert not elsewhere.well
    refused = asking.public(f"{origin}/partner", ROUTE)
    assert not refused.well
    assert asking.public("ftp://ec.example", ROUTE).milliseconds is None


def test_server_without_a_journal_says_that_calls_are_not_seen():
    """It is no alarm about the Node."""
    things = watched(WELL._replace(calls=[]), NOW, [], [], has_journal=False)
    assert [each.title for each in things] == ["Le domande del Nodo non si vedono"]
    assert verdict(things, WELL._replace(calls=[])) == "La stazione risponde; una cosa da guardare"
