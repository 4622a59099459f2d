"""Browsers that an operator has used: no stranger makes them wait, and none forges them."""

import threading

import pytest

from gpd_soap.usecases.people import browsers
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.passwords import MOST, MOST_OF_ADDRESS, MOST_OF_STRANGERS, Turns
from gpd_soap.usecases.people.sign_in import SignedIn
from tests.usecases.people.people import CALLER, NAME, NEW_PASSWORD, PASSWORD, Account, People

WRONG = "tavolo verde zoppica 8"
STRANGER = "198.51.100.1"


def marks_of(people: People, account: Account, marks: str = "") -> str:
    """Return the marks of a browser after an operator has signed in in it."""
    token = people.sign_in(account)
    given = browsers.with_mark(people.store, token, marks, people.random, people.now)
    return marks if given is None else given


def sign_in(people: People, marks: str, password: str = PASSWORD, name: str = NAME) -> SignedIn:
    """Sign in by the password, from a browser with these marks."""
    return people.signing.sign_in(name, password, CALLER, people.now, marks)


def besiege(people: People, name: str = NAME) -> None:
    """Guess at a password from another address, and at other names from the owner's own."""
    for _ in range(3):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(name, WRONG, STRANGER, people.now)
    for number in range(10):
        with pytest.raises(people_refusals.SignInRefused):
            people.signing.sign_in(f"n{number}", WRONG, CALLER, people.now)


def test_known_browser_does_not_wait_for_guesses_of_others(people: People):
    """It waits neither for guesses at the name nor for guesses from the same address."""
    marks = marks_of(people, people.account())
    besiege(people)

    with pytest.raises(people_refusals.TooManyAttempts):
        people.password_step()
    assert sign_in(people, marks).token


def test_known_browser_waits_for_its_own_failures(people: People):
    """A stolen cookie guesses no faster than a stranger, and hinders no other browser."""
    account = people.account()
    first, second = marks_of(people, account), marks_of(people, account)
    for _ in range(3):
        with pytest.raises(people_refusals.SignInRefused):
            sign_in(people, first, WRONG)

    with pytest.raises(people_refusals.TooManyAttempts):
        sign_in(people, first)
    assert sign_in(people, second).token
    assert people.password_step().token


def test_browser_is_known_to_the_operators_who_used_it_alone(people: People):
    """Each of those who share it, the last five, and nobody else."""
    accounts = [people.account(f"Persona {number}") for number in range(browsers.MOST + 1)]
    marks = ""
    for each in accounts:
        marks = marks_of(people, each, marks)
    assert marks_of(people, accounts[-1], marks) == marks
    for number, each in enumerate(accounts):
        for _ in range(3):
            with pytest.raises(people_refusals.SignInRefused):
                people.signing.sign_in(
                    each.operator.name, WRONG, f"198.51.100.{number}", people.now
                )

    with pytest.raises(people_refusals.TooManyAttempts):
        sign_in(people, marks, name=accounts[0].operator.name)
    assert all(sign_in(people, marks, name=each.operator.name) for each in accounts[1:])


def test_new_password_ends_the_marks_of_every_browser(people: People):
    """They are made with the stored hash."""
    account = people.account()
    marks = marks_of(people, account)
    token = people.sign_in(account)
    people.signing.change_password(people.proof(token, PASSWORD), NEW_PASSWORD, people.now)
    besiege(people)

    with pytest.raises(people_refusals.TooManyAttempts):
        sign_in(people, marks, NEW_PASSWORD)


@pytest.mark.parametrize("marks", ["x", "~~~", "a" * 22 + "." + "b" * 43, "é" * 600, "~" * 9000])
def test_forged_mark_is_ignored(people: People, marks: str):
    """No value that a browser sends is taken for a mark."""
    people.account()
    besiege(people)

    with pytest.raises(people_refusals.TooManyAttempts):
        sign_in(people, marks)


def test_changed_mark_is_ignored(people: People):
    """One changed character, anywhere, is enough."""
    marks = marks_of(people, people.account())
    besiege(people)
    for index in (0, 21, 30, len(marks) - 2):
        other = "A" if marks[index] != "A" else "B"
        with pytest.raises(people_refusals.TooManyAttempts):
            sign_in(people, marks[:index] + other + marks[index + 1 :])


def test_codes_wait_for_no_neighbour(people: People):
    """Who has written the password is counted alone: the address may be a whole office's."""
    account = people.account()
    marks = marks_of(people, account)
    token = sign_in(people, marks).token
    besiege(people)

    token = people.signing.prove(people.proof(token, people.code(account.secret)), people.now)
    people.later(seconds=30)
    assert people.signing.step_up(people.proof(token, people.code(account.secret)), people.now)


def test_password_is_changed_after_a_factor_was_proved_lately(people: People):
    """An open session and the password alone do not change it."""
    account = people.account()
    token = people.sign_in(account)
    people.later(minutes=11)

    with pytest.raises(people_refusals.StepUpNeeded):
        people.signing.change_password(people.proof(token, PASSWORD), NEW_PASSWORD, people.now)
    token = people.signing.step_up(people.proof(token, people.code(account.secret)), people.now)
    people.signing.change_password(people.proof(token, PASSWORD), NEW_PASSWORD, people.now)
    assert people.password_step(password=NEW_PASSWORD).token


class Waiting:
    """Threads that have come to a turn and stay there."""

    def __init__(self, made: Turns) -> None:
        self.made, self.ends, self.threads = made, threading.Event(), list[threading.Thread]()

    def come(self, stranger: str | None) -> None:
        """Let one more wait, or run."""
        before = self.made._strangers.total() + self.made._known
        thread = threading.Thread(target=self._wait, args=(stranger,))
        thread.start()
        self.threads.append(thread)
        for _ in range(6000):
            if self.made._strangers.total() + self.made._known > before:
                return
            self.ends.wait(0.01)
        raise TimeoutError

    def _wait(self, stranger: str | None) -> None:
        with self.made.turn(stranger):
            self.ends.wait(60)

    def end(self) -> None:
        """Let all of them end."""
        self.ends.set()
        for thread in self.threads:
            thread.join(60)


def refused(made: Turns, stranger: str | None) -> bool:
    """Return whether a computation is refused at once."""
    try:
        with made.turn(stranger):
            return False
    except people_refusals.SignInBusy:
        return True


def test_one_address_and_unknown_browsers_take_few_turns_at_once():
    """The rest is refused at once, and the last turn is for who is known."""
    assert (MOST_OF_ADDRESS, MOST_OF_STRANGERS, MOST) == (1, 2, 3)
    made = Turns(patience=60)
    waiting = Waiting(made)
    waiting.come("2001:db8::1")
    assert refused(made, "2001:db8::3")
    waiting.come("2001:db8:1::1")
    assert refused(made, "192.0.2.1")
    waiting.come(None)
    assert refused(made, None)
    waiting.end()

    assert not refused(made, "2001:db8::3")
    assert made._strangers.total() == made._known == len(made._strangers) == 0


def test_password_that_nobody_looked_at_is_no_guess(people: People):
    """A sign-in that is asked to try again at once is not counted."""
    account = people.account()
    waiting = Waiting(people.signing._passwords._turns)
    waiting.come(CALLER)
    for _ in range(12):
        with pytest.raises(people_refusals.SignInBusy):
            people.password_step()
    waiting.end()

    assert people.password_step(account.operator.name).token


def test_turn_ends_after_its_patience():
    """It also frees its slot."""
    made = Turns(patience=0.01)
    waiting = Waiting(made)
    waiting.come(None)
    assert refused(made, "192.0.2.1")
    assert made._strangers.total() == 0
    waiting.end()
