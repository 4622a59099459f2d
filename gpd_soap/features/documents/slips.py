"""Which notice gets a slip of Poste, and the debtor's data as paper has them.

Source: L'avviso di pagamento 3.5.1 (pagoPA), "Bollettino Postale PA"; Payable.
"""

from __future__ import annotations

from collections.abc import Iterator

from gpd_soap.core.codes import ANONYMOUS, is_postal_iban
from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.cleaning import Change
from gpd_soap.features.documents.reasons import Reason, Refused


def debtor_of(position: NewPosition, option: NewOption) -> Debtor:
    """Return the debtor of a notice: its own, or else the position's."""
    return position.debtor if option.debtor is None else option.debtor.debtor


def address_of(debtor: Debtor) -> str:
    """Return the address on one line; whatever is not known is left out."""
    street = " ".join(filter(None, (debtor.street_name, debtor.civic_number)))
    city = " ".join(filter(None, (debtor.postal_code, debtor.city)))
    if debtor.province:
        city = f"{city} ({debtor.province})".strip()
    country = "" if debtor.country in {None, "IT"} else debtor.country
    return ", ".join(filter(None, (street, city, country)))


def known_code(code: str) -> str:
    """Return a debtor's code, or nothing where it is not known."""
    return "" if code == ANONYMOUS else code


def slip_of(
    position: NewPosition,
    option: NewOption,
    notes: list[Refused],
    changes: dict[tuple[str, str], Change],
) -> codes.Slip | None:
    """Return the slip of a notice, or None; a postal account that gets none is noted."""
    iban = next(_postal_ibans(option), None)
    if iban is None:
        return None
    if codes.account_of(iban) is None:
        notes.append(Refused(Reason.SLIP_ACCOUNT, option.nav))
        return None
    if option.amount > codes.MAX_SLIP_CENTS:
        notes.append(Refused(Reason.SLIP_AMOUNT, option.nav))
        return None
    content = codes.QrContent(option.nav, position.organization, option.amount)
    debtor = debtor_of(position, option)
    slip, cut = codes.slip_of(
        content, iban, known_code(debtor.code), debtor.full_name, option.description
    )
    changes.update({(each.field, each.before): each for each in cut})
    return slip


def _postal_ibans(option: NewOption) -> Iterator[str]:
    """Yield the postal account of transfer 1, which is the one that is answered to the Node."""
    # SPEC: Payable, rule 10: POSTAL is answered with the postal account, else the bank account.
    for transfer in option.transfers:
        if transfer.number == 1:
            yield from filter(None, (transfer.postal_iban,))
            if transfer.iban and is_postal_iban(transfer.iban):
                yield transfer.iban
