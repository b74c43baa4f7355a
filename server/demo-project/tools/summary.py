"""Prints how far the list in data.json is, person by person."""

import json
from collections import Counter
from pathlib import Path

DATA = Path(__file__).parent.parent / "data.json"
WIDTH = 20


def bar(done: int, total: int) -> str:
    filled = round(WIDTH * done / total)
    return "#" * filled + "." * (WIDTH - filled)


def main() -> None:
    tasks = json.loads(DATA.read_text(encoding="utf-8"))
    total = Counter(task["owner"] for task in tasks)
    done = Counter(task["owner"] for task in tasks if task["done"])

    for owner in sorted(total):
        print(f"{owner:<8} [{bar(done[owner], total[owner])}] {done[owner]} of {total[owner]}")

    still_open = [task["title"] for task in tasks if not task["done"]]
    if still_open:
        print("\nStill open:")
        for title in still_open:
            print(f"  - {title}")


if __name__ == "__main__":
    main()
