"""The texts of violations."""

from __future__ import annotations

import pytest

from gpd_soap.contract.schema import Violation
from gpd_soap.contract.violation import UNFORESEEN


@pytest.mark.parametrize(
    ("violation", "sentence"),
    [
        (
            Violation("fiscalCode", "length", "11"),
            "Il campo fiscalCode non rispetta il contratto: lunghezza attesa 11 caratteri.",
        ),
        (
            Violation("qrCode", "missing", "noticeNumber"),
            "Il campo qrCode non rispetta il contratto: manca noticeNumber.",
        ),
        (
            Violation("qrCode", "namespace"),
            "Il campo qrCode non rispetta il contratto: deve essere senza namespace.",
        ),
        (
            Violation("transfer", "unexpected"),
            "Il campo transfer non rispetta il contratto: non è ammesso in questa posizione.",
        ),
        (
            Violation(UNFORESEEN, "unexpected", "qrCode"),
            "Il messaggio contiene un elemento non previsto: in questa posizione è atteso qrCode.",
        ),
        (Violation("dueDate", "value"), "Il campo dueDate non rispetta il contratto."),
        (Violation("idPA", "contract"), "Il campo idPA non rispetta il contratto."),
        (Violation("idPA", "pattern"), "Il campo idPA non rispetta il contratto."),
    ],
)
def test_description_of_a_violation_is_an_italian_sentence(violation: Violation, sentence: str):
    """Payer and integrator read which element breaks which rule."""
    assert violation.description == sentence


@pytest.mark.parametrize(
    ("violation", "words"),
    [
        (Violation("fiscalCode", "length", "11"), "fiscalCode: length, expected 11"),
        (Violation("dueDate", "value"), "dueDate: value"),
        (
            Violation(UNFORESEEN, "unexpected", "qrCode"),
            "an element that the contract does not know: unexpected, expected qrCode",
        ),
    ],
)
def test_text_of_a_violation_has_element_rule_and_expectation(violation: Violation, words: str):
    """The text is for an operator."""
    assert str(violation) == words
