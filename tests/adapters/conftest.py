"""What the tests of the adapters share."""

from sandbox_process import sandbox

__all__ = ["sandbox"]
