"""Where raw rows come from: the shop's outbox and the clickstream. Loaders of files are in `emporium`."""
