"""The world outside the portal: a pretend Copenhagen that speaks the real wire protocols.

It shares no code with the portal and has one page of inhabitants (`city`), one clock, faults that
can be set, and a journal of everything that was said. Start it with `python -m sandbox`.
"""
