"""The parking portal. ARCHITECTURE.md says which floor is which."""
