"""How a message breaks the contract, without any text of the sender."""

from __future__ import annotations

from typing import NamedTuple

#: Replaces a name that is not in the contract, because that name came from outside.
UNFORESEEN = "un elemento non previsto"

#: Our name for each of libxml2's errors.
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

#: Texts of rules with an expected value.
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
#: Texts of rules without an expected value, and of the others when none is known.
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
    """The first rule that a message breaks; it may be answered, logged and stored.

    `element` is a name of the contract, or UNFORESEEN.  `rule` is the name of a facet or one of
    PLAIN.  It is "contract" for an error of the validator that has no name here.  It is "value" for
    a value that the schema allows and Python cannot hold.  `expected` is quoted from the schema,
    and may be empty.
    """

    element: str
    rule: str
    expected: str = ""

    @property
    def description(self) -> str:
        """The Italian sentence for the description of a fault."""
        subject = f"Il campo {self.element} non rispetta il contratto"
        if self.element == UNFORESEEN:
            subject = f"Il messaggio contiene {UNFORESEEN}"
        return ": ".join(filter(None, (subject, self._detail()))) + "."

    @property
    def subject(self) -> str:
        """The element, for an operator."""
        unforeseen = self.element == UNFORESEEN
        return "an element that the contract does not know" if unforeseen else self.element

    def __str__(self) -> str:
        """Return the text for an operator."""
        expected = f", expected {self.expected}" if self.expected else ""
        return f"{self.subject}: {self.rule}{expected}"

    def _detail(self) -> str:
        if self.expected and self.rule in EXPECTING:
            return EXPECTING[self.rule].format(self.expected)
        return PLAIN.get(self.rule, "")
