"""Signing in: both factors, their replay, equal answers, delays, and what leaves no trace."""

import logging
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import passwords
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.passwords import Parameters
from tests.usecases.people.people import (
    CALLER,
    MAIL,
    NAME,
    NEW_PASSWORD,
    PASSWORD,
    People,
    record_hashes,
)

WRONG = "tavolo rosso zoppica 7"


def test_password_alone_opens_no_page_where_a_second_factor_is_enrolled(people: People):
    """The session is good for the code alone, for ten minutes."""
    account = people.account(mail=MAIL)
    first = people.password_step(MAIL.upper())

    assert not first.proved
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(first.token)
    with pytest.raises(people_refusals.SessionNotValid):
        people.signing.step_up(people.proof(first.token, people.code(account.secret)), people.now)
    people.later(minutes=10)
    with pytest.raises(people_refusals.SessionNotValid):
        people.signing.prove(people.proof(first.token, people.code(account.secret)), people.now)


def test_sign_in_changes_the_id_of_the_session(people: People):
    """An id that was known before the second factor is worth nothing after it."""
    account = people.account()
    first = people.password_step()
    token = people.signing.prove(people.proof(first.token, people.code(account.secret)), people.now)

    assert token != first.token
    assert people.authorize(token).name == NAME
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(first.token)


def test_code_is_used_once_and_so_are_earlier_ones(people: People):
    """A code that somebody has read over a shoulder is useless."""
    account = people.account()
    before, now = people.code(account.secret), None
    people.later(seconds=30)
    now = people.code(account.secret)
    first = people.password_step()
    people.signing.prove(people.proof(first.token, now), people.now)

    second = people.password_step()
    for code in (now, before):
        with pytest.raises(people_refusals.CodeRefused):
            people.signing.prove(people.proof(second.token, code), people.now)


def test_recovery_code_is_used_once(people: People):
    """It is accepted in capitals and without dashes, and never again."""
    account = people.account()
    code = account.codes[3]
    first = people.password_step()
    people.signing.prove(people.proof(first.token, code.upper().replace("-", " ")), people.now)

    assert people.operators.details(NAME).recovery_codes == 9
    second = people.password_step()
    with pytest.raises(people_refusals.CodeRefused):
        people.signing.prove(people.proof(second.token, code), people.now)


def test_recovery_code_of_another_operator_is_refused(people: People):
    """A code belongs to one person."""
    people.account()
    other = people.account("Altro")
    first = people.password_step()

    with pytest.raises(people_refusals.CodeRefused):
        people.signing.prove(people.proof(first.token, other.codes[0]), people.now)


def nobody(people: People) -> str:
    """Return a name that nobody has, where somebody has another."""
    people.account()
    return "Nessuno"


def invited(people: People) -> str:
    """Return the name of somebody who has not accepted yet."""
    people.invite("Invitato")
    return "Invitato"


def suspended(people: People) -> str:
    """Return the name of somebody suspended, whose password is right."""
    people.account("Sospeso")
    people.operators.suspend("Sospeso", people.now)
    return "Sospeso"


def active(people: People) -> str:
    """Return the name of an active operator."""
    people.account()
    return NAME


@pytest.mark.parametrize("somebody", [nobody, invited, suspended, active])
def test_refused_sign_in_shows_nothing_of_the_name(
    people: People, somebody: Callable[[People], str], monkeypatch: pytest.MonkeyPatch
):
    """The refusal, the hashes computed and the delays are the same whoever is named."""
    name = somebody(people)
    password = PASSWORD if somebody is suspended else WRONG
    computed = record_hashes(monkeypatch)
    answers = []
    for _ in range(6):
        try:
            people.password_step(name, password)
        except refusals.Refusal as refusal:
            answers.append((type(refusal).__name__, refusal.errors, vars(refusal)))

    refused = ("SignInRefused", (), {"errors": ()})
    waits = ("TooManyAttempts", (), {"errors": (), "seconds": 1})
    assert answers == [refused] * 3 + [waits] * 3
    assert computed == [computed[0]] * 3


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 100_000, "\ufb01" * 300])
def test_name_that_no_database_takes_is_refused_like_any_other(people: People, name: str):
    """A form may send anything."""
    with pytest.raises(people_refusals.SignInRefused):
        people.password_step(name, "\ud800" * 1000)


def test_delay_of_an_account_grows_and_ends_with_a_right_password(people: People):
    """The owner gets in after a minute at most, whatever others try."""
    people.account()
    for _ in range(12):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(NAME, WRONG, "198.51.100.1", people.now)
        people.later(minutes=1)
    with pytest.raises(people_refusals.SignInRefused):
        people.signing.sign_in(NAME, WRONG, "198.51.100.1", people.now)
    with pytest.raises(people_refusals.TooManyAttempts) as refused:
        people.password_step()
    people.later(seconds=refused.value.seconds)

    assert refused.value.seconds == 60
    assert people.password_step().token
    assert people.password_step().token


def test_delay_of_an_address_counts_every_name(people: People):
    """Who tries one password on many names waits, also for an IPv6 address of the same /64."""
    for number in range(10):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(f"n{number}", WRONG, f"2001:db8::{number:x}", people.now)

    with pytest.raises(people_refusals.TooManyAttempts):
        people.signing.sign_in("another", WRONG, "2001:db8::ffff", people.now)
    with pytest.raises(people_refusals.SignInRefused):
        people.signing.sign_in("another", WRONG, "2001:db8:1::1", people.now)


def test_success_takes_back_one_failure_of_the_address_alone(people: People):
    """An account of one's own is no way to guess at others from the same address."""
    people.account()
    for number in range(9):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(f"n{number}", WRONG, CALLER, people.now)
    people.password_step()
    with pytest.raises(people_refusals.SignInRefused):
        people.signing.sign_in("n9", WRONG, CALLER, people.now)

    with pytest.raises(people_refusals.TooManyAttempts):
        people.password_step()


def test_delay_of_codes_grows_to_a_quarter_of_an_hour(people: People):
    """Who has the password cannot try a million codes."""
    people.account()
    for _ in range(14):
        token = people.password_step().token
        with pytest.raises(people_refusals.CodeRefused):
            people.signing.prove(people.proof(token, "000000x"), people.now)
        people.later(minutes=15)
    token = people.password_step().token
    with pytest.raises(people_refusals.CodeRefused):
        people.signing.prove(people.proof(token, "000000x"), people.now)

    with pytest.raises(people_refusals.TooManyAttempts) as refused:
        people.signing.prove(people.proof(token, "000000x"), people.now)
    assert refused.value.seconds == 900


def test_attempts_are_few_rows_that_go_away(people: People):
    """A flood of names leaves no more rows than a day's."""
    for number in range(8):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(f"n{number}", WRONG, f"198.51.100.{number}", people.now)
    people.later(hours=24, seconds=1)
    with pytest.raises(people_refusals.SignInRefused):
        people.password_step("Nessuno")

    with people.store.reading() as connection:
        count = connection.execute(select(func.count()).select_from(tables.sign_in_attempt))
        assert count.scalar_one() == 2


def test_attempts_at_one_instant_are_all_counted(people: People, monkeypatch: pytest.MonkeyPatch):
    """A thousand parallel requests get no more tries than as many in a row."""
    answers: list[str] = []

    def attempt() -> None:
        try:
            people.signing.sign_in("Nessuno", WRONG, CALLER, people.now)
        except refusals.Refusal as refusal:
            answers.append(type(refusal).__name__)

    # WHY: of one address, one password is computed at once, and the others would not be counted.
    monkeypatch.setattr(passwords, "MOST", 9)
    monkeypatch.setattr(passwords, "MOST_OF_STRANGERS", 9)
    monkeypatch.setattr(passwords, "MOST_OF_ADDRESS", 9)
    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(answers) == ["SignInRefused"] * 3 + ["TooManyAttempts"] * 5


def test_sign_in_makes_a_new_hash_when_the_parameters_have_changed(people: People):
    """The next sign-in finds a hash of today's parameters."""
    people.account()
    later = People(people.store, Parameters(32, 1, 1))
    later.now = people.now
    later.signing.sign_in(NAME, PASSWORD, CALLER, later.now)

    with people.store.reading() as connection:
        stored = connection.execute(select(tables.operator_credential.c.password)).scalar_one()
    assert stored.startswith("scrypt$32$1$1$")
    assert later.signing.sign_in(NAME, PASSWORD, CALLER, later.now).token


def test_change_of_the_password_ends_every_session(people: People):
    """The old password and the old sessions open nothing."""
    account = people.account()
    token, other = people.sign_in(account), people.sign_in(account)

    with pytest.raises(people_refusals.CodeRefused):
        people.signing.change_password(people.proof(token, WRONG), NEW_PASSWORD, people.now)
    with pytest.raises(people_refusals.UnfitPassword):
        people.signing.change_password(people.proof(token, PASSWORD), "corta", people.now)
    people.signing.change_password(people.proof(token, PASSWORD), NEW_PASSWORD, people.now)

    for each in (token, other):
        with pytest.raises(people_refusals.SessionNotValid):
            people.authorize(each)
    with pytest.raises(people_refusals.SignInRefused):
        people.password_step()
    assert people.authorize(people.sign_in(account, NEW_PASSWORD)).name == NAME


def test_log_names_nobody(people: People, caplog: pytest.LogCaptureFixture):
    """A refused attempt is logged with its address alone: a password may be typed as a name."""
    caplog.set_level(logging.DEBUG)
    account = people.account(mail=MAIL)
    token = people.sign_in(account)
    for name, password in ((NAME, WRONG), (MAIL, WRONG), (PASSWORD, NAME)):
        with pytest.raises(people_refusals.SignInRefused) as refused:
            people.password_step(name, password)
        assert str(refused.value) == "SignInRefused"
    with pytest.raises(people_refusals.CodeRefused):
        people.signing.step_up(people.proof(token, account.codes[0] + "x"), people.now)
    text = "\n".join(f"{each.getMessage()} {vars(each)}" for each in caplog.records)

    assert CALLER in text
    for personal in (NAME, MAIL, PASSWORD, WRONG, token, *account.codes):
        assert personal not in text


def test_sign_in_leaves_a_row_of_the_audit(people: People):
    """Each access of an administrator is on record, by id."""
    account = people.account()
    token = people.sign_in(account)
    people.sessions.sign_out(token, people.now)
    audit = tables.audit.c
    with people.store.reading() as connection:
        rows = connection.execute(
            select(audit.path, audit.actor_kind, audit.actor).order_by(audit.at, audit.path)
        ).all()

    assert [row.path for row in rows] == [
        "accept invitation", "prove code", "sign in, password", "sign out",
    ]  # fmt: skip
    assert {(row.actor_kind, row.actor) for row in rows} == {("operator", account.operator.id)}


def test_two_stores_count_together(people: People):
    """Several processes give no more tries than one."""
    other = Store(people.store.engine.url.render_as_string(hide_password=False))
    second = People(other)
    for each in (people, second, people):
        with pytest.raises(people_refusals.SignInRefused):
            each.password_step("Nessuno", WRONG)

    with pytest.raises(people_refusals.TooManyAttempts):
        second.password_step("Nessuno", WRONG)
    other.close()
