"""The `emporium` command: starts the parts on one machine, loads data, runs the DAGs, shows progress."""
