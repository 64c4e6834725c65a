"""Which cut of a log without times is most like the time: measured on logs that have times.

python -m bench.recommend_cuts --data-dir FOLDER [--json FILE]

Each log is cut by its times; then, without its times, at random and by drift. `alike` is the mean
cosine of two items held back from one user over that of two items kept, `apart` the same of one held
back and one kept (cosines of who wants them, but for the user). `ranks settings` is the correlation
of the NDCG that settings of two families come to under a cut with what they come to under the time.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.stats import spearmanr

from bench.recommend_data import online_retail
from bench.table import Figure, parser, report
from models.evaluation.cuts import HELD_SHARE
from models.evaluation.holdouts import Holdout, drifting_share, holdout, random_share
from models.evaluation.lists import mean, user_measures
from models.evaluation.log import Columns, log_of
from models.retrieval.als import ALSRetriever
from models.retrieval.contract import Retriever, retrieve
from models.retrieval.graph_filter import GraphFilterRetriever
from models.retrieval.histories import Histories
from models.retrieval.items import Items

K = 20
SEED = 0
N_USERS = 500
CUTS: Mapping[str, Callable[..., Holdout]] = {"random": random_share, "drift": drifting_share}


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    arguments = options.parse_args()
    n_settings = 3 if arguments.quick else None
    figures = [
        figure
        for name, known in logs(arguments.data_dir).items()
        for figure in figures_of(name, known, n_settings)
    ]
    report(figures, arguments.json)


def logs(data: Path) -> dict[str, Histories]:
    """Return logs with times; of the shop's, what is known before its own hold-out."""
    table = pq.read_table(data / "clickstream" / "retailrocket_multibehavior.parquet")
    days = table["value"].to_numpy() / 86_400
    clicks = log_of(Columns(table["user"].to_numpy(), table["item"].to_numpy(), days=days))
    beauty = pq.read_table(data / "amazon_beauty" / "Beauty_sequences.parquet")
    lists = beauty["items"].combine_chunks()
    users = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
    bought = log_of(Columns(users, lists.flatten().to_numpy(), ordered=True))
    return {
        "online_retail": online_retail(data).judging.known,
        "retailrocket": clicks.histories,
        "beauty": bought.histories,
    }


def figures_of(name: str, log: Histories, n_settings: int | None) -> list[Figure]:
    """Return what one log says of the cuts."""
    by_time = newest_share(log, HELD_SHARE)
    made = {cut: make(log, HELD_SHARE, SEED, repeats=False) for cut, make in CUTS.items()}
    alike, apart = likeness(by_time)
    quality = qualities(by_time, n_settings)
    figures = []
    for cut, each in made.items():
        of_cut = likeness(each)
        agreed = float(spearmanr(quality, qualities(each, n_settings)).statistic)
        figures += [
            Figure(f"{name}: alike, {cut} beside time", of_cut[0], "", alike),
            Figure(f"{name}: apart, {cut} beside time", of_cut[1], "", apart),
            Figure(f"{name}: ranks settings, {cut}", agreed, "rho"),
        ]
    return figures


def newest_share(log: Histories, share: float) -> Holdout:
    """Hold back this share of each user's events, the newest; half an event is rounded to even."""
    lengths = np.repeat(log.lengths, log.lengths)
    held = log.n_later < np.minimum(np.round(share * lengths), lengths - 1)
    rule = f"the newest {share:.0%} of each user's events"
    return holdout(log.kept(~held), log.kept(held), repeats=False, rule=rule)


def likeness(cut: Holdout) -> tuple[float, float]:
    """Return how alike what is held back is, and how near to what is kept, over what is kept."""
    flags = cut.known.matrix().tocsc()
    flags.data[:] = 1
    some = cut.sample(N_USERS, SEED)
    found = [_of_user(flags, some, user) for user in range(len(some.asked))]
    kept, held, between = np.nanmean([each for each in found if each is not None], axis=0)
    return float(held / kept), float(between / kept)


def _of_user(flags: csc_matrix, cut: Holdout, user: int) -> tuple[float, ...] | None:
    kept = np.unique(cut.asked.histories.part(np.array([user])).items)
    held = cut.relevant[user].indices
    if len(kept) < 2 or len(held) < 2:
        return None
    columns = flags[:, np.concatenate([kept, held])]
    shared = (columns.T @ columns).toarray()
    length = np.sqrt(np.maximum(np.diag(shared), 1))
    n = len(kept)
    shared[:n, :n] -= 1  # the user
    cosines = shared / length / length[:, None]
    return _mean_pair(cosines[:n, :n]), _mean_pair(cosines[n:, n:]), float(cosines[:n, n:].mean())


def _mean_pair(cosines: NDArray[np.float64]) -> float:
    return float(cosines[np.triu_indices(len(cosines), 1)].mean())


def qualities(cut: Holdout, n_settings: int | None) -> list[float]:
    """Return each setting's NDCG."""
    return [_ndcg(model, cut) for model in settings()[:n_settings]]


def _ndcg(model: Retriever, cut: Holdout) -> float:
    fitted = model.fit(cut.known, Items.unknown(cut.known.n_items))
    found, _ = retrieve(fitted, cut.asked.histories, cut.asked.seen, K)
    return mean(user_measures(found, cut.relevant)["ndcg"])


def settings() -> list[Retriever]:
    """Return models of which it is worth knowing which is better."""
    graphs = [
        GraphFilterRetriever(source, 0.5, target, sharpness)
        for source, target, sharpness in (
            (0.4, 0.0, 1.25),
            (0.4, 0.2, 1.25),
            (0.4, 0.4, 1.25),
            (0.5, 0.2, 1.5),
            (0.5, 0.4, 1.75),
            (0.4, 0.2, 1.0),
        )
    ]
    factors = [
        ALSRetriever(n, regularization, alpha)
        for n, regularization, alpha in (
            (32, 0.003, 100.0),
            (128, 0.003, 100.0),
            (128, 0.003, 10.0),
            (128, 0.01, 30.0),
        )
    ]
    return [*graphs, *factors]


if __name__ == "__main__":
    main()
