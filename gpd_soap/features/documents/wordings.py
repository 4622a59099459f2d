"""The words of a notice: which prescribed text stands where, in the languages of the notice."""

from __future__ import annotations

from gpd_soap.features.documents import languages as prescribed
from gpd_soap.features.documents.languages import FIRST, ITALIAN, Languages, Piece, phrase
from gpd_soap.features.documents.notice import Issuer, Paper, Portion

Phrase = tuple[Piece, ...]

#: Texts that the template places without more ado.
PLAIN = (
    "title", "payee", "recipient", "where", "whereLink", "data", "amount", "amountBy", "by",
    "legal", "online", "local", "localText", "payeeData", "subject", "cbill", "nav",
    "organization", "scanBeside", "scanAbove", "discounted", "reduced", "discountedTerm",
    "reducedTerm", "deadlines", "deadlinesText", "unclaimed", "unclaimedText", "chooseAmount",
)  # fmt: skip
SLIP = (
    "slip", "slipText", "slipAccount", "slipHolder", "slipRecipient", "slipSubject", "slipNav",
    "slipType", "slipOrganization",
)  # fmt: skip


#: Texts for somebody abroad, by the names of those in whose place they stand.
ABROAD = {"online": "abroadOnline", "localText": "abroadLocalText"}


def plain(languages: Languages) -> dict[str, Phrase]:
    """Return the texts that do not depend on the notice, by name."""
    texts = {name: phrase(languages, name) for name in PLAIN}
    if languages.alone is not None:
        # SPEC: L'avviso di pagamento 3.5.1: a notice in another language is for somebody abroad.
        texts |= {name: phrase(languages, other) for name, other in ABROAD.items()}
    return {
        **texts,
        **{name: phrase(slip_languages(languages), name) for name in SLIP},
        "euro": phrase(Languages(alone=languages.alone), "euro"),
    }


def title(languages: Languages) -> str:
    """Return the title of a notice in the language of the document."""
    return prescribed.TEXTS[languages.first]["title"]


def slip_languages(languages: Languages) -> Languages:
    """Return the languages of a slip."""
    # SPEC: L'avviso di pagamento 3.5.1: a second language leaves the slip as it is; perfect
    # bilingualism has every text twice, and a notice in another language is in that one.
    return languages if languages.equal or languages.alone else ITALIAN


def question(languages: Languages, *, has_date: bool) -> Phrase:
    """Return the title of the amount's part."""
    return phrase(languages, "howMuchWhen" if has_date else "howMuch")


def installments(paper: Paper) -> Phrase:
    """Return the sentence about the plan, or nothing without one."""
    count = len(paper.rates)
    if count == 0 or (count == 1 and paper.single is None):
        return ()
    name = "plan" if paper.single else "planOnly"
    pieces = phrase(paper.languages, name, count=str(count))
    if count == 1:
        # WHY: the other languages have no prescribed text for one installment.
        if paper.languages.alone is not None:
            return ()
        return (Piece(FIRST, pieces[0].text.replace("1 rate", "1 rata")),)
    if paper.single:
        return pieces
    detail = phrase(paper.languages, "planDetail")
    return tuple(
        Piece(lang, f"{text.removesuffix('.')}. {more.text}")
        for (lang, text), more in zip(pieces, detail, strict=True)
    )


def online(languages: Languages, issuer: Issuer, company: str) -> Phrase:
    """Return the sentence about paying online, by the channels of the organization."""
    name = {
        (False, False): "onlineText",
        (True, False): "onlineSite",
        (False, True): "onlineApp",
        (True, True): "onlineSiteAndApp",
    }[issuer.has_site, issuer.has_app]
    if languages.alone is not None:
        name = f"abroad{name[0].upper()}{name[1:]}"
    return phrase(languages, name, company=company)


def name_of(languages: Languages, portion: Portion) -> Phrase:
    """Return the title of an amount: the installment's number, the fine's term or the payment."""
    if portion.term is not None:
        return phrase(languages, portion.term)
    if portion.rate is None:
        return phrase(languages, "single")
    return phrase(languages, "rate", number=str(portion.rate))


def name_with_date(languages: Languages, portion: Portion) -> Phrase:
    """Return the title of an amount with its due date or term, where it has one."""
    names = name_of(languages, portion)
    if portion.term is not None:
        ends = phrase(languages, f"{portion.term}Term")
    elif portion.due is not None:
        ends = phrase(languages, "by")
    else:
        return names
    # WHY: two languages may have the same name of a thing, and different words for the date.
    by_language = {piece.lang: piece.text for piece in names}
    due = "" if portion.due is None else f" {portion.due}"
    return tuple(
        Piece(lang, f"{by_language.get(lang, names[0].text)} {text}{due}") for lang, text in ends
    )


def codes_in_words(languages: Languages, nav: str, amount: str) -> tuple[str, str]:
    """Return what a screen reader says for the QR code and for the Data Matrix of an amount."""
    if languages.alone is not None:
        texts = prescribed.TEXTS[languages.alone]
        notice = f"{texts['nav']} {nav}, {texts['amount']} {amount} {texts['euro']}"
        return f"QR: {notice}", f"Data Matrix, {texts['slip']}: {notice}"
    notice = f"avviso {nav}, importo {amount} euro"
    return f"Codice QR per pagare l'{notice}", f"Codice Data Matrix del bollettino dell'{notice}"
