"""What both web services share: problem documents, metrics, logs, health, limits, cursors."""
