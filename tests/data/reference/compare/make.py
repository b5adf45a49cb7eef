"""Reference numbers for the statistics of a comparison, from scipy (1.17) and numpy.

Run `python3 make.py > stats.json` to make them anew. `tests/compare_stats.rs` reads them.
"""
import itertools
import json
import random

import numpy as np
from scipy import stats

random.seed(20260901)


def sample(size, spread, step, move):
    return [float(step * random.randrange(spread) + move) for _ in range(size)]


def dealt(a, b):
    """Twice the smaller tail over every way to deal the pooled ranks."""
    ranks = stats.rankdata(a + b)
    seen = ranks[: len(a)].sum()
    sums = np.array([sum(ranks[i] for i in way) for way in itertools.combinations(range(len(ranks)), len(a))])
    below, above = (sums <= seen + 1e-9).mean(), (sums >= seen - 1e-9).mean()
    return min(1.0, 2 * min(below, above))


cases = []
for sizes in [(3, 4), (5, 5), (8, 7), (1, 9), (12, 20), (25, 25), (30, 40), (120, 80), (500, 700)]:
    for spread, move in [(10**6, 0), (10**6, 200_000), (6, 0), (6, 2)]:
        a, b = sample(sizes[0], spread, 1, 0), sample(sizes[1], spread, 1, move)
        ties = len(set(a + b)) < len(a + b)
        n = len(a) + len(b)
        if n > 50:
            p = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=True).pvalue
        elif not ties:
            p = stats.mannwhitneyu(a, b, method="exact").pvalue
        elif n <= 16:
            p = dealt(a, b)
        else:
            continue
        case = {"a": a, "b": b, "mann_whitney": float(p)}
        if max(sizes) <= 256:
            case["shift"] = float(np.median([y - x for x in a for y in b]))
        case["quantiles"] = [float(np.quantile(a, q)) for q in (0.5, 0.9, 0.99)]
        cases.append(case)

rates = []
for a, b, share in [(0, 6, 0.5), (3, 9, 0.5), (40, 60, 0.4), (28, 0, 0.48), (900, 1100, 0.5), (1, 0, 0.5)]:
    below, above = stats.binom.cdf(a, a + b, share), stats.binom.sf(a - 1, a + b, share)
    exact = float(min(1.0, 2 * min(below, above)))
    rates.append({"a": a, "b": b, "share": share, "p": exact, "within": 2e-2 if a + b > 1000 else 1e-9})

p = [0.001, 0.2, 0.03, 0.04, 0.011, 0.9, 0.04]
print(json.dumps({"cases": cases, "rates": rates, "p": p,
                  "false_discovery": [float(q) for q in stats.false_discovery_control(p)]}))
