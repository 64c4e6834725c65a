"""The feature store: entities, feature views and the push source, one definition for training and serving."""
