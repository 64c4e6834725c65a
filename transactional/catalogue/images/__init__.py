"""Pictures of products, stored by what they hold."""
