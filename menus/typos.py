"""One word for another by a slip of the thumb: how far apart two spellings are, and which known word was meant.

Decides: what is near enough to be a slip. Must not know: what the words mean. A slip is only ever a guess: whoever
acts on it asks first.
"""

from collections.abc import Iterable

SHORTEST = 4
"""Letters below which a slip makes another real word too often."""
LONG = 8
"""Letters from which two slips are still a slip."""


def distance(a: str, b: str, limit: int) -> int:
    """Optimal string alignment distance: letters added, left out, changed, or two swapped; above `limit`: limit + 1."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        following = [i]
        for j, other in enumerate(b, 1):
            cost = min(row[j] + 1, following[-1] + 1, row[j - 1] + (one != other))
            if i > 1 and j > 1 and one == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        if min(following) > limit:
            return limit + 1
        before, row = row, following
    return min(row[-1], limit + 1)


def allowed(length: int) -> int:
    """How many slips a word of this length may have."""
    if length < SHORTEST:
        return 0
    return 1 if length < LONG else 2


def nearest(phrase: str, known: Iterable[str]) -> list[str]:
    """The known phrases that `phrase` is a slip of, word by word: all those at the least distance, or none.

    A short word must be right: between اي and غير, or `no` and `on`, a slip turns the meaning round.
    """
    words = phrase.split()
    found: dict[int, list[str]] = {}
    for each in known:
        apart = _apart(words, each.split())
        if apart:
            found.setdefault(apart, []).append(each)
    return found[min(found)] if found else []


def _apart(words: list[str], others: list[str]) -> int:
    """Slips between two phrases; 0 when they are the same or too far apart."""
    if len(words) != len(others):
        return 0
    total = 0
    for word, other in zip(words, others, strict=True):
        limit = min(allowed(len(word)), allowed(len(other)))
        apart = distance(word, other, limit)
        if apart > limit:
            return 0
        total += apart
    return total
