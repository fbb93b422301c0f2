"""From who was preferred to whom to ranks: Bradley and Terry's model, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from japananime.base import markdown

# What is added to every pair as if it had been voted on so often with a draw, so that nobody is without bounds.
PRIOR = 0.2
ROUNDS, TIMES, INTERVAL = 500, 400, (0.025, 0.975)
LEFT, RIGHT, DRAW = "left", "right", "draw"
CHOICES = (LEFT, RIGHT, DRAW)


@dataclass(frozen=True)
class Vote:
    """That of the pictures made of a photo by two makers one was preferred. choice: one of CHOICES."""

    voter: str
    photo: str
    left: str
    right: str
    choice: str


@dataclass(frozen=True)
class Rank:
    """strength: the logarithm of odds, 0 for the average maker; low, high: where 95 of 100 would lie.

    share: of the votes on it that it won, a draw counting half; votes: how many.
    """

    name: str
    strength: float
    low: float
    high: float
    share: float
    votes: int


def wins(names: Sequence[str], votes: Sequence[Vote]) -> np.ndarray:
    """How often each was preferred to each: (makers, makers) float64, a draw being half a win for both."""
    place = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(names), len(names)))
    for vote in votes:
        left, right = place[vote.left], place[vote.right]
        for_left = {LEFT: 1.0, RIGHT: 0.0, DRAW: 0.5}[vote.choice]
        found[left, right] += for_left
        found[right, left] += 1.0 - for_left
    return found


def strengths(won: np.ndarray) -> np.ndarray:
    """Logarithms of odds of `wins`, of mean 0: i is preferred to j with probability 1 / (1 + exp(s_j - s_i)).

    Hunter's minorisation (2004): p_i <- W_i / Σ_j n_ij / (p_i + p_j), until nothing moves.
    """
    count = len(won)
    won = won + PRIOR / 2 * (1 - np.eye(count))
    together, own = won + won.T, won.sum(axis=1)
    odds = np.ones(count)
    for _ in range(ROUNDS):
        before = odds
        odds = own / (together / (odds[:, None] + odds[None])).sum(axis=1)
        odds = odds / np.exp(np.log(odds).mean())
        if np.abs(np.log(odds / before)).max() < 1e-9:
            break
    return np.log(odds)


def ranks(names: Sequence[str], votes: Sequence[Vote], seed: int = 0) -> list[Rank]:
    """The makers, strongest first; intervals by drawing the votes anew with repetition."""
    won = wins(names, votes)
    found = strengths(won)
    random = np.random.default_rng(seed)
    again = [
        strengths(wins(names, [votes[place] for place in random.integers(0, len(votes), len(votes))]))
        for _ in range(TIMES if votes else 0)
    ]
    low, high = np.quantile(again, INTERVAL, axis=0) if again else (found, found)
    counts = (won + won.T).sum(axis=1)
    rows = [
        Rank(
            name,
            strength=float(found[n]),
            low=float(low[n]),
            high=float(high[n]),
            share=float(won[n].sum() / max(counts[n], 1)),
            votes=round(counts[n]),
        )
        for n, name in enumerate(names)
    ]
    return sorted(rows, key=lambda row: -row.strength)


def report(names: Sequence[str], votes: Sequence[Vote]) -> str:
    """The ranks as Markdown."""
    voters = len({vote.voter for vote in votes})
    lines = [
        "# Votes",
        "",
        f"{len(votes)} votes of {voters} {'person' if voters == 1 else 'people'} on "
        f"{len({vote.photo for vote in votes})} photos.",
        "",
        *markdown.table(("", "preferred", "strength", "95 % interval", "votes"), map(_cells, ranks(names, votes))),
    ]
    return "\n".join(
        [
            *lines,
            "",
            "Strengths are logarithms of odds (Bradley and Terry, 1952), 0 for the average: of two that are 1 apart "
            "the stronger is preferred 73 of 100 times. Those whose intervals overlap are not told apart.",
            "",
        ]
    )


def _cells(row: Rank) -> tuple[object, ...]:
    return row.name, f"{row.share:.0%}", f"{row.strength:+.2f}", f"{row.low:+.2f} to {row.high:+.2f}", row.votes
