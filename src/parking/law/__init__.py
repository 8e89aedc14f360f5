"""What the law says: pure functions and frozen values, the standard library only.

Nothing here reads a clock, a database or the network: the day, the facts and the numbers of the
regulation are arguments. A rule that has been in force is never edited; a new version is added.
"""
