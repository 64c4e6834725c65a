"""The second stage: order a user's candidates by everything that is known of both."""
