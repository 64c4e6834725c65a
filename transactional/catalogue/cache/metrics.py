"""What the catalogue's pages were answered from, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class CatalogueMetrics:
    """Counters of one process; who waits for another's read of the same page is not counted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        reads = Counter(
            "catalogue_reads",
            "Public pages, by where they came from",
            ("source",),
            registry=registry,
        )
        self.local = reads.labels("local")
        self.shared = reads.labels("shared")
        self.truth = reads.labels("truth")
        self.stale = reads.labels("stale")
        self.invalidations = Counter(
            "catalogue_invalidations", "Pages dropped for what they show changed", registry=registry
        )
        self.doubts = Counter(
            "catalogue_doubts", "Times that changes may have been missed", registry=registry
        )
        self.told = Gauge(
            "catalogue_told", "1 while the process is told of all changes", registry=registry
        )
        self.local_bytes = Gauge(
            "catalogue_local_bytes", "Of the pages that the process holds", registry=registry
        )
