"""What the tests of the adapters share."""

from sandbox_process import calm_sandbox, sandbox

__all__ = ["calm_sandbox", "sandbox"]
