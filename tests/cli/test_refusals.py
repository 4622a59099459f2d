import ast
import inspect

import pytest

from gpd_soap.cli.refusals import WORDS, words
from gpd_soap.usecases import configuration as registry
from gpd_soap.usecases import receipts, refusals
from gpd_soap.usecases import worklist as cases

#: What the commands never ask for.
NOT_ASKED = {"ReceiptForbidden", "ReceiptNotFound"}


@pytest.mark.parametrize("module", [cases, registry, receipts], ids=lambda m: m.__name__)
def test_every_refusal_that_a_command_meets_has_words(module: object):
    """Nobody at a command line reads the name of a class."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]  # a module is one
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "refusals"
    }
    spoken = {refusal.__name__ for refusal in WORDS} | {"MessageRefusedAgain"}

    assert named
    assert named - NOT_ASKED <= spoken


def test_message_refused_again_says_how_it_was_answered():
    """The fault is named, and what is none is called a SOAP Fault."""
    assert words(refusals.MessageRefusedAgain("PAA_SEMANTICA"))[1].endswith("PAA_SEMANTICA.")
    assert words(refusals.MessageRefusedAgain(None))[1].endswith("a SOAP Fault.")
