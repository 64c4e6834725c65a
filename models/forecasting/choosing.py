"""Several models, for each segment of series the one that did best on its newest past, or a mean of some."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import Forecast, Locator, Loss, TooFewPeriodsError
from models.forecasting.grouping import groups_of
from models.forecasting.newcomers import with_newcomers
from models.forecasting.panel import Panel, Values
from models.forecasting.residuals import Residuals, residuals_of
from models.forecasting.segments import NAMES, segments, spread

MIN_GAIN = 0.01
"""A model has to be better than the first by this share, else the choice is chance."""
N_BEST = 3
"""Of so many models means are tried."""
MIN_SERIES = 20
"""Segments of fewer series take what is best over all."""

SHORT_DAYS = 14
"""A horizon of fewer days tells too little of how far off forecasts are from week to week."""
MAX_FITTED = 50_000
"""What is true of so many series is true of more."""

Located = dict[str, Values]


@dataclass
class ChosenForecaster:
    """Foresee with the best of several models, and with intervals from how far off it was.

    Models forecast the newest `n_origins` times `horizon` periods as if on past days: by these forecasts
    one, or a mean of some, is chosen for each segment, and its errors become the intervals. Then the models
    are fitted on all. Models that can't learn from what was known before the oldest of these times are left out. Of a short history a third is held back, and periods further ahead are taken to be as
    unsure as the last of these.

    Parameters
    ----------
    candidates
        Makers of the models by name, the better liked first.
    n_origins
        Fewer if the history is short. None: 3 of horizons below two weeks, else 2: what one week errs by is no
        bias, and the mean of three is nearer to one.
    n_fits
        So many of the origins, evenly spread, have the models fitted anew; others take those before. What a
        model learned wears out: one of older origins errs more, and otherwise, than the one that will be used.
        None: 2, or all origins where nobody says how many.
    seed
        Of the series that are learned from, where there are more than 50,000.
    """

    candidates: Mapping[str, Callable[[], Locator]]
    loss: Loss = "absolute"
    n_origins: int | None = None
    n_fits: int | None = None
    seed: int = 0
    chosen_: list[tuple[str, ...]] = field(default_factory=list, init=False)
    models_: dict[str, Locator] = field(default_factory=dict, init=False)
    residuals_: Residuals | None = field(default=None, init=False)

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Choose and learn.

        Raises
        ------
        TooFewPeriodsError
            If the panel is too short to be parted for this, or for every model.
        """
        panel = sample(panel, MAX_FITTED, self.seed)
        all_ahead, horizon = horizon, min(horizon, panel.n_periods // 3)
        n_origins = self.n_origins or n_origins_of(panel, horizon)
        origins = past_origins(panel.n_periods, horizon, n_origins)
        located = self._as_if(panel, origins, horizon)
        actual, seen = outcomes(panel, origins, horizon)
        segment = np.concatenate([segments(panel.until(origin)) for origin in origins])
        self.chosen_ = choose(located, actual, seen, segment, self.loss)
        parts = np.split(mixture(located, segment, self.chosen_), len(origins))
        mixed = np.concatenate(
            [_drawn(part, panel.until(origin)) for part, origin in zip(parts, origins, strict=True)]
        )
        spreads = np.concatenate([spread(panel.until(origin)) for origin in origins])
        origin = np.repeat(origins, panel.n_series)
        self.residuals_ = residuals_of(mixed, actual, seen, spreads, self.loss, origin)
        self.models_ = {
            name: make().fit(panel, all_ahead)
            for name, make in self.candidates.items()
            if any(name in names for names in self.chosen_)
        }
        return self

    def _as_if(self, panel: Panel, origins: Sequence[int], horizon: int) -> Located:
        """Return what each model would have said at each origin, the origins below each other."""
        n_fits = self.n_fits or (len(origins) if self.n_origins is None else 2)
        every = -(-len(origins) // n_fits)
        parts, fitted = [], dict[str, Locator]()
        for number, origin in enumerate(origins):
            before = panel.until(origin)
            if number % every == 0:
                fitted = _fitted(self.candidates, fitted or self.candidates, before, horizon)
            parts.append(_located(fitted, before, horizon))
        return _joined(parts)

    def predict(self, panel: Panel, horizon: int) -> Forecast:
        """Return the forecast.

        Raises
        ------
        ValueError
            If it isn't fitted.
        """
        if self.residuals_ is None:
            raise ValueError("the forecaster is not fitted: call fit first")
        located = _located(self.models_, panel, horizon)
        mixed = _drawn(mixture(located, segments(panel), self.chosen_), panel)
        return self.residuals_.around(mixed, spread(panel))

    def shares(self) -> Mapping[float, float]:
        """Return the shares by which a forecast's intervals are cut; none before it is fitted."""
        return self.residuals_.shares if self.residuals_ else {}


def _fitted(
    makers: Mapping[str, Callable[[], Locator]],
    names: Collection[str],
    panel: Panel,
    horizon: int,
) -> dict[str, Locator]:
    """Return the models of these names that can learn from so short a history.

    Raises
    ------
    TooFewPeriodsError
        If none can.
    """
    found, errors = dict[str, Locator](), list[TooFewPeriodsError]()
    for name in names:
        try:
            found[name] = makers[name]().fit(panel, horizon)
        except TooFewPeriodsError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return found


def sample(panel: Panel, n_series: int, seed: int) -> Panel:
    """Return so many series, drawn at random; all if there are no more."""
    if panel.n_series <= n_series:
        return panel
    drawn = np.random.default_rng(seed).choice(panel.n_series, n_series, replace=False)
    return panel.rows(np.sort(drawn))


def _drawn(located: Values, panel: Panel) -> Values:
    return with_newcomers(located, panel, groups_of(panel))


def n_origins_of(panel: Panel, horizon: int) -> int:
    """Return how many times of the past a model is judged on."""
    return 3 if horizon * panel.rhythm.days < SHORT_DAYS else 2


def past_origins(n_periods: int, horizon: int, n_origins: int) -> list[int]:
    """Return how many periods were known when each of the newest horizons began, the oldest first.

    As many as leave half of the periods, and one at least.

    Raises
    ------
    TooFewPeriodsError
        If there is no room for one.
    """
    if horizon < 1 or n_periods <= 2 * horizon:
        raise TooFewPeriodsError(
            f"{n_periods} periods are too few: {horizon} ahead need more than {max(2, 2 * horizon)}: "
            "choose a shorter horizon or bring a longer history"
        )
    n = min(n_origins, max(1, n_periods // 2 // horizon))
    return [n_periods - horizon * each for each in range(n, 0, -1)]


def outcomes(panel: Panel, origins: Sequence[int], horizon: int) -> tuple[Values, Values]:
    """Return units and seen shares after the origins, one below the other."""
    parts = [slice(origin, origin + horizon) for origin in origins]
    units = np.concatenate([panel.units[:, part] for part in parts])
    return units, np.concatenate([panel.seen[:, part] for part in parts])


def choose(
    located: Located,
    actual: Values,
    seen: Values,
    segment: NDArray[np.int64],
    loss: Loss,
) -> list[tuple[str, ...]]:
    """Return for each segment the names whose mean is best."""
    overall = _best(located, actual, seen, loss)
    chosen = []
    for number in range(len(NAMES)):
        of = segment == number
        few = of.sum() < MIN_SERIES or not seen[of].any()
        part = {name: values[of] for name, values in located.items()}
        chosen.append(overall if few else _best(part, actual[of], seen[of], loss))
    return chosen


def _best(located: Located, actual: Values, seen: Values, loss: Loss) -> tuple[str, ...]:
    """Return the names whose mean is best; the first name alone unless others are clearly better."""
    alone = {name: loss_of(values, actual, seen, loss) for name, values in located.items()}
    losses = {
        names: loss_of(_mean_of(located, names), actual, seen, loss)
        for names in means_of(sorted(alone, key=lambda name: alone[name])[:N_BEST])
    }
    first = (next(iter(located)),)
    best = min(losses, key=lambda names: losses[names])
    return best if losses[best] < (1 - MIN_GAIN) * alone[first[0]] else first


def means_of(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return each name, and all means of two and three; a name that is there twice counts twice."""
    means = [each for n in (2, 3) for each in combinations_with_replacement(names, n)]
    return [(name,) for name in names] + [each for each in means if len(set(each)) > 1]


def _mean_of(located: Located, names: tuple[str, ...]) -> Values:
    return np.asarray(np.mean([located[name] for name in names], axis=0))


def loss_of(located: Values, actual: Values, seen: Values, loss: Loss) -> float:
    """Return the weighed mean error that `loss` names, of what was seen."""
    error = np.abs(located - actual)
    if loss == "squared":
        error = error**2
    if loss == "relative":
        error = np.where(actual > 0, error / np.maximum(actual, 1e-6), 0)
    return float((error * seen).sum() / max(float(seen.sum()), 1e-9))


def mixture(
    located: Located, segment: NDArray[np.int64], chosen: Sequence[tuple[str, ...]]
) -> Values:
    """Return the mean of the models that were chosen for each series' segment."""
    found = np.zeros_like(next(iter(located.values())))
    for names in set(chosen):
        numbers = [number for number, each in enumerate(chosen) if each == names]
        of = np.isin(segment, numbers)
        found[of] = _mean_of({name: located[name][of] for name in names}, names)
    return found


def _located(models: Mapping[str, Locator], panel: Panel, horizon: int) -> Located:
    return {name: model.locate(panel, horizon) for name, model in models.items()}


def _joined(parts: list[Located]) -> Located:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
