"""How a message broke the contract, in our words and none of the sender's."""

from __future__ import annotations

from typing import NamedTuple

#: What a name that is not in the contract is called; the name itself came from outside.
UNFORESEEN = "un elemento non previsto"

#: What libxml2 calls a broken rule, and what we call it.
RULES = {
    "SCHEMAV_CVC_PATTERN_VALID": "pattern",
    "SCHEMAV_CVC_LENGTH_VALID": "length",
    "SCHEMAV_CVC_MINLENGTH_VALID": "minLength",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "maxLength",
    "SCHEMAV_CVC_ENUMERATION_VALID": "enumeration",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "minInclusive",
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": "maxInclusive",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "datatype",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_2": "datatype",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": "datatype",
    "SCHEMAV_CVC_ELT_1": "unexpected",
    "SCHEMAV_CVC_ELT_3_1": "nil",
    "SCHEMAV_CVC_ELT_4_1": "xsiType",
    "SCHEMAV_CVC_ELT_4_2": "xsiType",
    "SCHEMAV_CVC_ELT_4_3": "xsiType",
    "SCHEMAV_CVC_TYPE_3_1_1": "attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "attribute",
    "SCHEMAV_CVC_TYPE_3_1_2": "children",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "text",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text",
}

#: Rules that speak of what the schema expects, with a place for it.
EXPECTING = {
    "pattern": "formato atteso {}",
    "length": "lunghezza attesa {} caratteri",
    "minLength": "lunghezza minima {}",
    "maxLength": "lunghezza massima {}",
    "enumeration": "valori ammessi {}",
    "minInclusive": "valore minimo {}",
    "maxInclusive": "valore massimo {}",
    "datatype": "tipo atteso {}",
    "missing": "manca {}",
    "unexpected": "in questa posizione è atteso {}",
}
#: Rules that say it all, and what is left of the others where nothing is expected.
PLAIN = {
    "missing": "è incompleto",
    "unexpected": "non è ammesso in questa posizione",
    "namespace": "deve essere senza namespace",
    "nil": "xsi:nil non è ammesso",
    "xsiType": "il tipo indicato in xsi:type non è ammesso",
    "attribute": "contiene un attributo non ammesso",
    "children": "non può contenere altri elementi",
    "text": "non può contenere testo",
}


class Violation(NamedTuple):
    """The first rule a message breaks; safe to answer, to log and to keep.

    `element` is a name of the contract, or UNFORESEEN.  `rule` is a facet's name or one of our
    own (see PLAIN); "contract" where the validator's reason has no name here, and "value" where
    the schema passes what no reader can hold.  `expected` is quoted from the schema, and empty
    where there is nothing to quote.
    """

    element: str
    rule: str
    expected: str = ""

    @property
    def description(self) -> str:
        """The Italian sentence for a fault's description."""
        subject = f"Il campo {self.element} non rispetta il contratto"
        if self.element == UNFORESEEN:
            subject = f"Il messaggio contiene {UNFORESEEN}"
        return ": ".join(filter(None, (subject, self._detail()))) + "."

    def __str__(self) -> str:
        """The words for an operator."""
        unforeseen = self.element == UNFORESEEN
        subject = "an element that the contract does not know" if unforeseen else self.element
        wanted = f", expected {self.expected}" if self.expected else ""
        return f"{subject}: {self.rule}{wanted}"

    def _detail(self) -> str:
        if self.expected and self.rule in EXPECTING:
            return EXPECTING[self.rule].format(self.expected)
        return PLAIN.get(self.rule, "")
