"""What listeners share: small answers, who may call, and the payment options (OdP)."""
