"""What we remember: one Django app with the tables, their constraints and their questions.

The database has the last word on what must never be: a constraint here is a sentence of the
regulation that two people clicking at once cannot get around. Nothing here writes by itself;
every write is in `parking.actions`.
"""
