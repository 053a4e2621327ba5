"""What the raw layer should say, in plain Python: a fold over what was seen of each key."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

Readable = Callable[[bytes], bool]


@dataclass(frozen=True)
class Version:
    """One version of a landing key."""

    content: bytes
    time: str
    withdrawn: bool = False


@dataclass
class Model:
    """One partition. `standing` is what counts of a key, `broken` a newer version that cannot be read."""

    readable: Readable
    arrivals: dict[str, str] = field(default_factory=dict)
    standing: dict[str, Version] = field(default_factory=dict)
    broken: dict[str, Version] = field(default_factory=dict)

    def see(self, key: str, identity: str, version: Version) -> None:
        self.arrivals[key] = identity
        self.broken.pop(key, None)
        before = self.standing.get(key)
        if before and not before.withdrawn and before.content == version.content:
            return
        if self.readable(version.content):
            self.standing[key] = version
        else:
            self.broken[key] = version

    def withdraw(self, key: str) -> None:
        newest = self.broken.pop(key, None) or self.standing[key]
        self.standing[key] = replace(newest, withdrawn=True)

    def under(self, readable: Readable) -> None:
        """Another contract."""
        self.readable = readable
        for key in self.arrivals:
            old, new = self.standing.pop(key, None), self.broken.pop(key, None)
            for version in (old, new):
                if version and (version.withdrawn or readable(version.content)):
                    self.standing[key] = version
            newest = new or old
            if newest and not newest.withdrawn and not readable(newest.content):
                self.broken[key] = newest

    def accepted(self) -> list[tuple[str, bytes]]:
        """Key and bytes of what counts, oldest first; the same bytes count once."""
        ranked = sorted((v.time, key, v.content) for key, v in self.standing.items() if not v.withdrawn)
        seen: set[bytes] = set()
        found: list[tuple[str, bytes]] = []
        for _, key, content in ranked:
            if content not in seen:
                found.append((key, content))
                seen.add(content)
        return found
