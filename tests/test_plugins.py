import importlib

from gpd_soap import plugins


def test_every_promised_name_is_in_plugins():
    """A service written by others finds all that it needs in one module."""
    promised = """ANONYMOUS Account Debtor Metadata PaaFault Quote Refusal SpontaneousService Stamp
                  Transfer broken parse""".split()

    assert sorted(plugins.__all__) == sorted(promised)
    assert all(hasattr(plugins, name) for name in promised)


def test_old_path_of_quote_names_the_same_things():
    """A service that imports from the path that README once named still works."""
    old = importlib.import_module("gpd_soap.services.quote")

    assert all(getattr(old, name) is getattr(plugins, name) for name in old.__all__)
    assert set(old.__all__) <= set(plugins.__all__)
