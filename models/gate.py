"""Who may serve: a challenger that beats the reference and the champion on the same hold-out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, and a sentence for people."""

    promote: bool
    sentence: str


def decide(measure: str, challenger: float, reference: float, champion: float | None) -> Decision:
    """Compare scores of one hold-out, where more is better; a tie keeps who serves.

    Parameters
    ----------
    champion
        None if there is none, or none that can be judged by this hold-out.
    """
    if not challenger > reference:
        return Decision(
            promote=False,
            sentence=f"kept out: {measure} {challenger:.4f} does not beat popularity's {reference:.4f}",
        )
    beaten = f"{measure} {challenger:.4f} beats popularity's {reference:.4f} {_by(challenger, reference)}"
    if champion is None:
        return Decision(promote=True, sentence=f"promoted, the first: {beaten}")
    if challenger > champion:
        by = _by(challenger, champion)
        return Decision(
            promote=True, sentence=f"promoted: {beaten} and the champion's {champion:.4f} {by}"
        )
    return Decision(
        promote=False,
        sentence=f"champion kept: {beaten}, but not the champion's {champion:.4f}",
    )


def unless_older(decision: Decision, date: str, champion_date: str | None) -> Decision:
    """Keep a champion of a later day, whatever was decided: a backfill takes no shop back in time.

    Dates are the last days (YYYY-MM-DD) of what each was trained on.
    """
    if champion_date is None or champion_date <= date:
        return decision
    sentence = (
        f"champion kept: it knows the days up to {champion_date}, the challenger up to {date}"
    )
    return Decision(promote=False, sentence=sentence)


def _by(score: float, other: float) -> str:
    return f"by {100 * (score / other - 1):.1f} %" if other > 0 else f"by {score:.4f}"
