"""Passwords: their hashes, what a new one must fulfil, and how many are computed at once."""

import hashlib
import threading

import pytest

from gpd_soap.usecases.people import passwords
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.passwords import NOW_USED, Parameters, Passwords, problem_with
from tests.usecases.people.people import CHEAP, MAIL, NAME, PASSWORD, Numbered, record_hashes

FIRST_GUESSES = """
    password1234 Password2026! passwordpassword P4ssw0rd2026 qwertyuiop12 qwertyuiopas 1q2w3e
    123456789012 098765432109 aaaaaaaaaaaa abcabcabcabc 1qaz2wsx3edc Comune2026!! comunedimilano
    Benvenuto.2026 27112026 Gennaio2026!!! amministratore1 ufficiotributi Juventus1897!
    zxcvbnmasdfg 111122223333 Anna.Inventata1 annainventata AnnaEsempio2026
""".split()
CHOSEN = [
    PASSWORD,
    "tre tigri contro tre tigri",
    "comune ufficio tributi pagopa avviso",
    "kX9#vT2$mQ7!",
    "Piùvento che pioggia",
]


@pytest.mark.parametrize("password", FIRST_GUESSES)
def test_password_that_is_guessed_first_is_refused(password: str):
    """Words, walks on the keyboard, years, repetitions and one's own name are guessed first."""
    problem = problem_with(password, [NAME, MAIL])

    assert problem is not None
    assert problem.rule == ("length" if len(password) < 12 else "common")
    assert password not in str(problem)


@pytest.mark.parametrize("password", CHOSEN)
def test_password_of_another_kind_is_accepted(password: str):
    """No rule asks for digits, capitals or signs."""
    assert problem_with(password, [NAME, MAIL]) is None


@pytest.mark.parametrize(("length", "accepted"), [(11, False), (12, True), (256, True),
                                                  (257, False)])  # fmt: skip
def test_password_has_12_to_256_characters(length: int, *, accepted: bool):
    """The length is in characters, not in bytes."""
    password = "".join(chr(0xE0 + (7 * i + i // 3) % 24) for i in range(length))

    problem = problem_with(password)

    assert (problem is None) is accepted
    assert accepted or (problem is not None and problem.rule == "length")


def test_hash_is_scrypt_with_its_parameters_and_a_salt_of_its_own():
    """Two hashes of one password differ, and each says how it was computed."""
    made = Passwords(Numbered())

    first, second = made.hashed(PASSWORD), made.hashed(PASSWORD)

    assert first != second
    assert first.startswith("scrypt$16384$8$5$")
    stored = passwords.read(first)
    assert stored.parameters == NOW_USED == Parameters(2**14, 8, 5)
    assert (len(stored.salt), len(stored.digest)) == (16, 32)
    expected = hashlib.scrypt(
        PASSWORD.encode(), salt=stored.salt, n=2**14, r=8, p=5, maxmem=48 << 20, dklen=32
    )
    assert stored.digest == expected
    assert made.matches(PASSWORD, first)
    assert not made.matches(PASSWORD + "!", first)


def test_nobody_has_a_password_but_the_same_hash_is_computed(monkeypatch: pytest.MonkeyPatch):
    """An unknown name costs the same computation as a known one."""
    made = Passwords(Numbered(), CHEAP)
    stored = made.hashed(PASSWORD)
    computed = record_hashes(monkeypatch)

    assert not made.matches(PASSWORD, None)
    assert made.matches(PASSWORD, stored)
    assert computed == [CHEAP, CHEAP]


def test_password_matches_however_its_letters_are_composed():
    """One keyboard sends è as one character, another as two."""
    made = Passwords(Numbered(), CHEAP)

    assert made.matches("caffe\u0300 amaro freddo", made.hashed("caff\u00e8 amaro freddo"))


def test_hash_with_other_parameters_is_outdated():
    """It still matches, so that sign-in can make a new one."""
    older = Passwords(Numbered(), CHEAP).hashed(PASSWORD)
    made = Passwords(Numbered(), Parameters(32, 1, 1))

    assert made.matches(PASSWORD, older)
    assert made.is_outdated(older)
    assert not made.is_outdated(made.hashed(PASSWORD))


def test_computation_behind_another_is_refused_after_its_patience():
    """A flood of sign-ins takes the memory and the core of one computation."""
    made, started, ends = (
        Passwords(Numbered(), CHEAP, patience=0.01),
        threading.Event(),
        (threading.Event()),
    )

    def hold() -> None:
        with made._turns.turn(None):
            started.set()
            ends.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    started.wait(60)
    with pytest.raises(people_refusals.SignInBusy):
        made.matches(PASSWORD, None)
    ends.set()
    thread.join(60)

    assert not made.matches(PASSWORD, None)
