"""How much may come at once: a request that says it brings more is not read at all."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

#: Five files of ten megabytes, and what stands around them.
MOST_BYTES: Final = 51 * 1024 * 1024


class NotTooMuch(FileUploadHandler):
    """Refuses a request that is too large before any of it is kept."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 -- Django calls it so
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Look at how much there is to come."""
        if content_length > MOST_BYTES:
            raise RequestDataTooBig("more than five files of ten megabytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Let the next handler keep it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Let the next handler say what was kept."""
