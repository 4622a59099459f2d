"""Services for spontaneous payments, as a form of the settings has them."""
