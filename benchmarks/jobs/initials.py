"""What do initials cost without the page around them? Part of the render job."""

from __future__ import annotations

import itertools
import time


def measure(*, count: int) -> dict[str, float]:
    """The markup of that many different people's initials: made for the first time, and once more."""
    from django.conf import settings

    settings.configure(USE_I18N=False)
    from django_avatars.providers import Initials

    first = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Linus", "Margaret", "Niklaus", "Frances")
    last = ("Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Perlman", "Torvalds", "Hamilton", "Wirth", "Allen")
    names = itertools.cycle(f"{one} {other}" for one in first for other in last)
    people = [(next(names), f"auth.user:{number}") for number in range(count)]
    times = []
    for _ in range(20):
        start = time.process_time()
        for name, key in people:
            Initials.of(name, key, None).inline(48)
        times.append(time.process_time() - start)
    return {"warm": min(times) / count, "cold": times[0] / count}
