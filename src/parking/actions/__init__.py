"""What one can do. Every write of the portal is here, and has one shape.

*Gather* (ask outside, no transaction open) → *decide* (pure, in `parking.law`) → *record* (one
transaction, with whatever must leave the house in the outbox in the same commit).
"""
