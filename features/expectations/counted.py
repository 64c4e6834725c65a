"""Great Expectations' column expectations without their sample of bad values.

The sample costs a Spark job per expectation, half of a suite's time, and is not asked for: quarantine
holds every bad row. Counts, percentages and pages stay as they are.
"""

from typing import Any

from great_expectations.expectations import core as gxe
from great_expectations.validator.validator import ValidationDependencies

SAMPLE = ".unexpected_values"


class _WithoutSample:
    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> ValidationDependencies:  # noqa: ANN401 - GX's own
        found: ValidationDependencies = super().get_validation_dependencies(*args, **kwargs)  # type: ignore[misc]
        for name in found.get_metric_names():
            if name.endswith(SAMPLE):
                found.remove_metric_configuration(name)
        return found


class ExpectValuesToNotBeNull(_WithoutSample, gxe.ExpectColumnValuesToNotBeNull):
    """See the parent."""


class ExpectValuesToBeInSet(_WithoutSample, gxe.ExpectColumnValuesToBeInSet):
    """See the parent."""


class ExpectValuesToBeBetween(_WithoutSample, gxe.ExpectColumnValuesToBeBetween):
    """See the parent."""


class ExpectValuesToMatchRegex(_WithoutSample, gxe.ExpectColumnValuesToMatchRegex):
    """See the parent."""


class ExpectValueLengthsToBeBetween(_WithoutSample, gxe.ExpectColumnValueLengthsToBeBetween):
    """See the parent."""
