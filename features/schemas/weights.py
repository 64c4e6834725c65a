"""How much each act tells of a user's taste: shared by the Spark transforms and the models.

A judgement, not a measurement: the order view < cart < purchase is common practice for implicit
feedback, and a return takes back what the purchase said.
"""

VIEW_WEIGHT = 1.0
CART_WEIGHT = 3.0
PURCHASE_WEIGHT = 5.0
RETURN_WEIGHT = -5.0
HALF_LIFE_DAYS = 30.0
"""After this many days an act counts half."""

HOLDOUT_DAYS = 14
"""Days before a run's date that are kept from the models it is judged by."""
