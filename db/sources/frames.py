"""A source of frames in memory: what a developer already holds, and what tests load."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from db.progress import Progress
from db.sources.base import Batch, Content, Profile
from db.sources.describe import SAMPLE, Understood, tell


@dataclass(frozen=True)
class FrameSource:
    """Frames in the shared language; their rows count as lines from 1 of a file named like the noun."""

    profile: Profile
    items: pd.DataFrame
    interactions: pd.DataFrame
    people: pd.DataFrame | None = None
    places: pd.DataFrame | None = None

    def describe(self) -> str:
        """Say which frames there are."""
        found = [(noun, frame) for noun, frame in self._frames().items() if frame is not None]
        told = [
            Understood(noun, noun, len(frame), {str(name): str(name) for name in frame}, frame.head(SAMPLE))
            for noun, frame in found
        ]
        return tell(self.profile, told)

    def read(self, progress: Progress) -> Content:
        """Return the frames."""
        progress.stage("read frames")
        batches = {
            noun: () if frame is None else (Batch(frame.set_axis(pd.RangeIndex(1, len(frame) + 1)), noun),)
            for noun, frame in self._frames().items()
        }
        return Content(batches["items"], batches["interactions"], batches["people"], batches["places"])

    def _frames(self) -> dict[str, pd.DataFrame | None]:
        return {
            "items": self.items,
            "interactions": self.interactions,
            "people": self.people,
            "places": self.places,
        }
