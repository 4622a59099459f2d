"""Several processes receive the same demand at the same time."""

from gpd_soap.core.payment import Demand
from gpd_soap.store.store import Store
from tests.store.races import Crew, Wait
from tests.usecases.spontaneous.samples import PLATE, count, demand, issued, nav

ROUNDS = 5


def ask(store: Store, together: Wait, demands: list[Demand]) -> list[tuple[str, bool]]:
    """Make demands one after the other, each at the same time as the other processes."""
    answers = []
    for each in demands:
        together()
        answer = issued(store, each)
        answers.append((answer.due.notice.nav, answer.again))
    return answers


def plate(number: int) -> Demand:
    """Return a demand that differs for each number."""
    return demand("PLATE", PLATE.format(f"AA{number:03}AA", "<importo>1.00</importo>"))


def test_one_demand_in_four_processes_gets_one_notice(crew: Crew, store: Store, url: str):
    """One process issues it, the others wait and answer the same."""
    rounds = crew.race(ask, url, [[plate(n) for n in range(ROUNDS)]] * crew.size)

    for answers in zip(*rounds, strict=True):
        assert len({number for number, _ in answers}) == 1
        assert sorted(again for _, again in answers) == [False] + [True] * (crew.size - 1)
    assert count(store, "position") == count(store, "demand") == ROUNDS


def test_four_demands_at_the_same_time_get_four_notices(crew: Crew, store: Store, url: str):
    """Their numbers are consecutive."""
    each = [[plate(ROUNDS * hand + n) for n in range(ROUNDS)] for hand in range(crew.size)]

    rounds = crew.race(ask, url, each)

    numbers = sorted(number for answers in rounds for number, _ in answers)
    assert numbers == [nav(serial) for serial in range(1, crew.size * ROUNDS + 1)]
    assert count(store, "position") == crew.size * ROUNDS
