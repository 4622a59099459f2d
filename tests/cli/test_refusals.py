"""The texts of refusals on the command line."""

import ast
import inspect

import click
import pytest

from gpd_soap.cli.common import refusals as printed
from gpd_soap.cli.texts.refusals import WORDS, words
from gpd_soap.usecases import configuration, receipts, refusals, worklist
from gpd_soap.usecases.people import operators
from gpd_soap.validation.finding import FieldError

#: The refusals that no command can meet.
UNREACHABLE = {"ReceiptForbidden", "ReceiptNotFound"}


@pytest.mark.parametrize(
    "module", [worklist, configuration, receipts, operators], ids=lambda m: m.__name__
)
def test_every_refusal_of_a_command_has_a_text(module: object):
    """A command prints a text for each refusal of its use case, and no class name."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]  # a module is one
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("refusals", "people_refusals")
    }
    worded = {refusal.__name__ for refusal in WORDS} | {"MessageRefusedAgain"}

    assert named
    assert named - UNREACHABLE <= worded


def test_message_refused_again_names_the_answer():
    """An answer without a fault code is called a SOAP Fault."""
    assert words(refusals.MessageRefusedAgain("PAA_SEMANTICA"))[1].endswith("PAA_SEMANTICA.")
    assert words(refusals.MessageRefusedAgain(None))[1].endswith("a SOAP Fault.")


def test_refusal_with_findings_is_one_sentence_with_them():
    """The text of the refusal ends with a point only where nothing follows."""
    errors = [FieldError("months", "range", "at least 24")]
    with pytest.raises(click.ClickException) as raised, printed():
        raise refusals.Malformed(errors)

    assert raised.value.message.endswith("break a rule; months: range: expected at least 24")
