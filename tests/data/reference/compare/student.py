"""Reference numbers for Student's t distribution, from scipy (1.17).

Run `python3 student.py > student.json` to make them anew. `tests/compare_stats.rs` reads them.
"""
import json

from scipy import stats

FREEDOM = [0.5, 1, 2, 3, 4, 5.5, 8, 12, 20, 42, 100, 1000, 1e5]
T = [0, 1e-6, 0.01, 0.3, 1, 1.96, 2.5, 4, 7.4, 12, 30, 200]
P = [0.999, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-6, 1e-9]
print(
    json.dumps(
        {
            "two_sided": [[t, df, float(2 * stats.t.sf(t, df))] for df in FREEDOM for t in T],
            "quantile": [[p, df, float(stats.t.isf(p / 2, df))] for df in FREEDOM for p in P],
        }
    )
)
