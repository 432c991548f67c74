"""The energy of a MAC as a function of its column's lanes and its operands' zeros:

  pJ = constant * u + column / lanes + streamed * a + nonzero * p

where of the issued MACs a share u is no padding, a share a has a streamed operand that is not zero, and a share
p two.
"""
import itertools
from fractions import Fraction


def solve(rows, values):
    """Least squares; as many coefficients as columns. Exact, so that no pivot can be lost."""
    size = len(rows[0])
    rows = [[Fraction(x) for x in row] for row in rows]
    matrix = [[sum(row[i] * row[j] for row in rows) for j in range(size)]
              + [sum(row[i] * Fraction(value) for row, value in zip(rows, values))]
              for i in range(size)]
    for i in range(size):
        pivot = next(row for row in matrix[i:] if row[i] != 0)
        matrix.remove(pivot)
        matrix.insert(i, [x / pivot[i] for x in pivot])
        for j in range(size):
            if j != i:
                matrix[j] = [x - matrix[j][i] * y for x, y in zip(matrix[j], matrix[i])]
    return [float(row[-1]) for row in matrix]


def errors(model, points):
    """Relative errors of a model at `points` ((terms), pJ): root mean square, and largest."""
    found = [sum(c * term for c, term in zip(model, terms)) / pj - 1 for terms, pj in points]
    return (sum(error ** 2 for error in found) / len(found)) ** 0.5, max(map(abs, found))


def fit(points):
    """Least squares of relative errors among models whose coefficients are not negative: operands that are
    not zero never save energy, and without that bound a and p, which go together in real passes, would get
    large coefficients of opposite sign. Returns the coefficients in pJ."""
    rows = [[term / pj for term in terms] for terms, pj in points]
    terms = range(len(rows[0]))

    def only(kept):
        """The best model of these terms alone."""
        found = iter(solve([[row[i] for i in kept] for row in rows], [1.0] * len(rows)))
        return [next(found) if i in kept else 0.0 for i in terms]

    subsets = (kept for size in terms for kept in itertools.combinations(terms, size + 1))
    allowed = [model for model in map(only, subsets) if min(model) >= 0]
    return min(allowed, key=lambda model: errors(model, points)[0])
