#!/usr/bin/env python3
# python_infer.py - signatures of random values: this package's without MLflow against MLflow's infer_signature
# SPDX-License-Identifier: Apache-2.0
"""python_infer.py [COUNT [SEED]]: in an interpreter that has MLflow 3, pandas and scipy. Prints a line of TAP."""
import datetime
import json
import logging
import random
import sys
import warnings

warnings.simplefilter("ignore")
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from pyfunc_env import errors, infer  # noqa: E402
from scipy import sparse  # noqa: E402

logging.disable(logging.CRITICAL)
count, first = (int(text) for text in [*sys.argv[1:], *["3000", "0"][len(sys.argv) - 1:]])
DAY = datetime.date(2020, 1, 2)
NOON = datetime.datetime(2020, 1, 2, 12)
PLAIN = [True, 3, 0.5, "text"]
ODD = [
    b"x", None, float("nan"), np.int64(1), np.float32(1.5), np.int32(3), np.str_("z"), np.bool_(True), NOON, DAY,
    np.datetime64("2020-01-01"), pd.Timestamp("2020-01-01"), bytearray(b"q"), pd.NA, pd.NaT, np.int8(1), 1j, (1, 2),
    np.float64(2.5), np.float64("nan"), np.array(3), object(), 2**40,
]  # fmt: skip
DTYPES = "f8 f4 f2 i1 i2 i4 i8 u1 u2 u4 u8 ? U3 S3 M8[ns] M8[D] m8[s] c16 O".split()
NULLABLE = "Int64 Int32 Float64 Float32 UInt8 UInt32 UInt64".split()


class Values:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def scalar(self):
        return self.r.choice(PLAIN if self.r.random() < 0.6 else ODD)

    def nested(self, depth=0):
        kind = self.r.random()
        if depth > 3 or kind < 0.5:
            return self.scalar()
        n = self.r.randint(0, 3)
        if kind < 0.6:
            return [self.nested(depth + 1) for _ in range(n)]
        if kind < 0.7:
            return [self.nested(depth + 1)] * n
        if kind < 0.95:
            return {self.r.choice("abcd") if self.r.random() < 0.97 else 1: self.nested(depth + 1) for _ in range(n)}
        return self.array()

    def array(self):
        shape = tuple(self.r.randint(0, 3) for _ in range(self.r.randint(0, 3)))
        return np.zeros(shape, self.r.choice(DTYPES))

    def column(self, n):
        r = self.r
        return r.choice([
            lambda: pd.Series([self.scalar() for _ in range(n)], dtype=object),
            lambda: pd.Series([self.nested() for _ in range(n)], dtype=object),
            lambda: pd.Series([r.choice(PLAIN)] * n),
            lambda: pd.Series(["a", "b", r.choice(["a", None])][:n], dtype=r.choice(["object", "category", "string", None])),
            lambda: pd.Series([r.choice([1, 1, None]) for _ in range(n)], dtype=r.choice(NULLABLE)),
            lambda: pd.Series(pd.date_range("2020", periods=n, tz=r.choice([None, "UTC"]))),
            lambda: pd.Series(np.zeros(n, r.choice(DTYPES[:12] + DTYPES[16:18]))),
            lambda: pd.Series([r.choice([True, True, None]) for _ in range(n)], dtype=r.choice(["boolean", object])),
        ])()  # fmt: skip

    def table(self):
        n, names = self.r.randint(0, 3), self.r.sample(["a", "b", 0, 1, None, "long name"], self.r.randint(0, 3))
        table = pd.DataFrame({name: self.column(n) for name in names})
        if len(names) > 1 and self.r.random() < 0.05:
            table.columns = ["x"] * len(names)
        return table

    def value(self):
        r = self.r
        return r.choice([
            self.table, self.table, self.nested, self.array,
            lambda: self.column(r.randint(0, 3)).rename(r.choice([None, "n", 0])),
            lambda: [{key: self.nested(2) for key in r.sample("abc", r.randint(0, 3))} for _ in range(r.randint(0, 3))],
            lambda: {key: self.array() for key in r.sample("abc", r.randint(0, 3))},
            lambda: r.choice([sparse.csr_matrix, sparse.csc_matrix])(np.eye(3, dtype=r.choice(["f8", "f4", "i8"]))),
        ])()  # fmt: skip

    def params(self):
        r = self.r
        kinds = [
            self.scalar, lambda: [r.choice(PLAIN)] * r.randint(0, 3), lambda: [1, 2.5], lambda: [True, 1], lambda: ["a", 1],
            lambda: {"a": self.scalar()}, lambda: np.arange(2), lambda: [[1]], lambda: [None], lambda: [DAY],
            lambda: np.array([1.5, 2], dtype="f4"), lambda: 2**70,
        ]  # fmt: skip
        return {name: r.choice(kinds)() for name in r.sample("pqr", r.randint(1, 2))} if r.random() < 0.4 else None


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def theirs(*values):
    """None: MLflow has an error that it did not mean."""
    try:
        told = infer_signature(*values).to_dict()
    except TypeError:
        return None
    except Exception:
        return "refused"
    return {part: json.loads(text, parse_constant=str) if text else None for part, text in told.items()}


def ours(*values):
    try:
        return json.loads(json.dumps(infer.signature(*values), default=plain), parse_constant=str)
    except errors.UsageError:
        return "refused"


different, told = [], 0
for seed in range(first, first + count):
    made = Values(seed)
    values = made.value(), made.value(), made.params()
    wanted = theirs(*values)
    told += isinstance(wanted, dict)
    if wanted is not None and wanted != ours(*values):
        different.append(seed)
        print(f"# seed {seed}: {values!r}\n# MLflow: {wanted}\n# here: {ours(*values)}".replace("\n", "\n# ")[:3000])
good = not different and told > count / 2
print("ok" if good else "not ok", f"1 - {count} random values have the signatures that MLflow infers, {told} of them one")
print("1..1")
