"""Parts of the listeners: small answers, client certificates, and payment options (OdP)."""
