"""The words of the console in each language: all there, compiled, and with the same parts."""

import re

import pytest

from gpd_soap.console import words as spoken
from tests.console import words
from tests.console.words import LANGUAGES, SUBJECTS

#: What a translation must repeat: values in `%(name)s`.
VALUES = re.compile(r"%\((\w+)\)[sd]")

each_language = pytest.mark.parametrize("language", LANGUAGES)
each_subject = pytest.mark.parametrize("subject", SUBJECTS)


@each_language
@each_subject
def test_catalogue_has_every_text(subject: str, language: str):
    """Each text of the pages is in the catalogue of its subject, and nothing else is."""
    stored = words.path_of(language, subject).read_bytes()

    assert words.as_text(words.updated(language, subject, words.texts()[subject])) == stored


@each_language
@each_subject
def test_text_is_translated(subject: str, language: str):
    """No text of the pages stays Italian, in any of its plurals."""
    assert list(words.missing(words.read(language, subject))) == []


@each_language
@each_subject
def test_compiled_catalogue_is_the_written_one(subject: str, language: str):
    """What the program reads is what people read."""
    catalog = words.read(language, subject)

    assert words.path_of(language, subject, ".mo").read_bytes() == words.compiled(catalog)


@each_language
@each_subject
def test_translation_has_the_values_of_its_text(subject: str, language: str):
    """A number or a name of the text is in every form of its translation, or in none by plan."""
    for message in words.read(language, subject):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        string = message.string or ""
        forms = [string] if isinstance(string, str) else list(string)
        needed = set(VALUES.findall(ids[-1]))
        for form in forms:
            assert set(VALUES.findall(form)) <= needed, message.id
        assert set(VALUES.findall(forms[-1])) == needed, message.id


def test_languages_are_those_of_the_catalogues():
    """A language that can be chosen has words."""
    assert {*LANGUAGES, spoken.ITALIAN} == spoken.LANGUAGES.keys()


def test_number_chooses_among_four_slovene_forms():
    """One, two, three or four, and more each have a form."""
    translation = spoken.translations("sl")
    texts = ("%(number)d chiave funziona", "%(number)d chiavi funzionano")
    forms = [translation.ngettext(*texts, number) for number in (1, 2, 3, 5, 101)]

    assert len(set(forms)) == 4
    assert forms[0] == forms[4]
