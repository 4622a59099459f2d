"""The operations on a position, and the states that they lead to, without behaviour."""

from typing import NamedTuple

#: Answers to operations: statuses of the admin API, and the outcome for the Node.
DONE, CREATED, UNKNOWN, REFUSED, CHANGED = "200", "201", "404", "409", "412"
#: The answers to a notification fee: it is set, or its notice is paid.
FEE_SET, FEE_REFUSED = "209", "422"
OK = "OK"


class Option(NamedTuple):
    """A notice: base cents, the plan, the account of its transfer, what paid it, and its fee."""

    nav: str
    amount: int
    plan: str | None
    iban: str
    paid_by: str | None = None
    fee: int = 0


class Position(NamedTuple):
    """A position; its options are sorted by their numbers."""

    options: tuple[Option, ...]
    published: bool = True
    withdrawn: bool = False


class Receive(NamedTuple):
    """A receipt arrives."""

    receipt_id: str
    nav: str
    amount: int


class Verify(NamedTuple):
    """The Node verifies a notice."""

    nav: str


class Replace(NamedTuple):
    """A PUT of these options; `conditional` sends If-Match with the ETag of the beginning."""

    options: tuple[Option, ...]
    conditional: bool = False


class Delete(NamedTuple):
    """A DELETE of the position."""

    conditional: bool = False


class Create(NamedTuple):
    """A POST of the same IUPD with these options, published."""

    options: tuple[Option, ...]


class Publish(NamedTuple):
    """The publication of a draft."""

    conditional: bool = False


class Withdraw(NamedTuple):
    """The withdrawal of a published position."""

    conditional: bool = False


class Restore(NamedTuple):
    """The restoration of a withdrawn position under its own numbers."""

    conditional: bool = False


class SetFee(NamedTuple):
    """The notification fee of a notice: the total so far."""

    nav: str
    fee: int


class ChangeAccount(NamedTuple):
    """A PATCH of every transfer from one IBAN to another."""

    old: str
    new: str


class PayElsewhere(NamedTuple):
    """The organization declares that a notice was paid elsewhere."""

    nav: str


ConditionalChange = Replace | Delete | Publish | Withdraw | Restore
Change = ConditionalChange | Create | ChangeAccount | PayElsewhere | SetFee
Operation = Receive | Verify | Change


class Decided(NamedTuple):
    """A receipt that is stored, with its status and its reasons."""

    receipt: Receive
    status: str
    reasons: str


class State(NamedTuple):
    """Everything under one IUPD; `moves` counts the changes since the ETag was read."""

    position: Position | None
    receipts: tuple[Decided, ...] = ()
    retired: frozenset[str] = frozenset()
    moves: int = 0

    @property
    def end(self) -> "End":
        """The part of the state that can be read in the store."""
        statuses = {(d.receipt.receipt_id, d.status, d.reasons) for d in self.receipts}
        return End(self.position, frozenset(statuses))


class End(NamedTuple):
    """The position in the store, and each receipt with its status and reasons."""

    position: Position | None
    receipts: frozenset[tuple[str, str, str]]
