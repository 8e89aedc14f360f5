"""How the property tests of the law run: no deadline, for a busy machine proves nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("law", deadline=None, max_examples=60)
settings.load_profile("law")
