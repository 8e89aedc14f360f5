"""How others answer: one module for each protocol, and the transport they all call out through.

An adapter translates: our words into the protocol's, its answers and failures into ours. It knows
no tables and no Django, decides nothing, and raises nothing but the three errors of
:mod:`parking.ports`. The same adapter talks to the world outside in the tests and in production;
only addresses, trust roots and credentials differ.
"""
