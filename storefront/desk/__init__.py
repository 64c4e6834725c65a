"""/ops: what operators see and decide, in the shop's pages."""
