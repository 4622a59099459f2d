"""Would each answer be taken?  Configuration and stored positions, looked at before a payer is."""
