from gpd_soap.api import problems
from gpd_soap.api.refused import PROBLEMS, problem_of
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework import refusals as casework_refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.refusals import Refusal


def test_every_refusal_of_a_use_case_is_one_problem():
    """Every subclass of Refusal has an entry in PROBLEMS, but those of the console alone."""
    assert set(PROBLEMS) == set(Refusal.__subclasses__()) - {
        people_refusals.PeopleRefusal,
        casework_refusals.CaseworkRefusal,
    }


def test_message_refused_again_names_its_fault():
    """The detail names the fault code, or a SOAP Fault where there is none."""
    named = refusals.MessageRefusedAgain("PAA_SINTASSI_XSD")

    assert problem_of(named).detail == "The message was answered PAA_SINTASSI_XSD again."
    assert (
        problem_of(refusals.MessageRefusedAgain(None)).detail
        == "The message was answered a SOAP Fault again."
    )


def test_message_that_could_not_be_taken_is_503():
    """The caller may try again."""
    assert problem_of(refusals.MessageNotTaken()) == problems.UNAVAILABLE
