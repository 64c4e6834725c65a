"""What operators see and do of the platform behind the shop: models, DAGs, quality, reports, health, mails."""
