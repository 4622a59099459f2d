"""`python -m gpd_soap`."""

from gpd_soap.cli.main import main

main()
