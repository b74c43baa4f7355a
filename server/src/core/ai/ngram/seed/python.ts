/** Written for this purpose: what code in Python often says. */
export const PYTHON = `import argparse
import json
import logging
import os
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

logger = logging.getLogger(__name__)


@dataclass
class Item:
    name: str
    value: int = 0
    tags: List[str] = field(default_factory=list)


class Counter:
    def __init__(self, name):
        self.name = name
        self.count = 0

    def __repr__(self):
        return f"Counter({self.name!r})"

    def __len__(self):
        return len(self.items)

    @property
    def value(self):
        return self.count

    @classmethod
    def create(cls, name):
        return cls(name)

    @staticmethod
    def parse(text):
        return int(text)

    def increment(self):
        self.count += 1
        return self


def read(path):
    with open(path, "r", encoding="utf-8") as f:
        return f.read()


def load(path):
    with open(path) as f:
        return json.load(f)


def save(path, data):
    with open(path, "w") as f:
        json.dump(data, f, indent=2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    for line in sys.stdin:
        line = line.strip()
        if not line:
            continue
        print(line)
    return 0


for i in range(len(items)):
    print(items[i])

for i in range(n):
    for j in range(n):
        grid[i][j] = 0

for i, item in enumerate(items):
    print(i, item)

for key, value in data.items():
    print(key, value)

for a, b in zip(left, right):
    total += a * b

while True:
    line = input()
    if not line:
        break

try:
    value = int(text)
except ValueError:
    value = None
except Exception as e:
    logger.exception(e)
    raise
finally:
    connection.close()

if value is None:
    return None

if not items:
    return []

if isinstance(value, str):
    return value
elif isinstance(value, list):
    return [item for item in value]
else:
    raise ValueError("unexpected value")

names = [item.name for item in items]
squares = [x * x for x in range(10)]
lookup = {item.id: item for item in items}
total = sum(item.value for item in items)
ordered = sorted(items, key=lambda item: item.value, reverse=True)
counts = defaultdict(int)
text = ", ".join(names)
parts = line.split(",")
path = os.path.join(root, name)
df = pd.read_csv(path)
x = np.zeros((n, n))
plt.plot(x, y)
plt.show()


def test_counter():
    counter = Counter("a")
    assert counter.value == 0
    with pytest.raises(ValueError):
        Counter.parse("x")


if __name__ == "__main__":
    main()

if __name__ == "__main__":
    sys.exit(main())
`;
