"""The office: what people who work for the municipality see."""
