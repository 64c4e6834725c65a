"""What is known of shoppers and products this minute: states that events change, one after the other.

A state is a JSON document in Redis under a key of its own. The worker of serving changes it as events
come in (`serving.live`), serving reads it with everything else a request needs, and the feature store
gets it through Feast's push (`features.store.live_views`).
"""
