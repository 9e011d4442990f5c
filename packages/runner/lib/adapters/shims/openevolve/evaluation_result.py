"""The result type of OpenEvolve's evaluators."""

from dataclasses import dataclass, field
from typing import Any, Dict


def _size(value: Any) -> int:
    return len(value if isinstance(value, bytes) else str(value).encode("utf-8"))


@dataclass
class EvaluationResult:
    metrics: Dict[str, float]
    artifacts: Dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, metrics: Dict[str, float]) -> "EvaluationResult":
        return cls(metrics=metrics)

    def to_dict(self) -> Dict[str, float]:
        return self.metrics

    def has_artifacts(self) -> bool:
        return len(self.artifacts) > 0

    def get_artifact_keys(self) -> list:
        return list(self.artifacts)

    def get_artifact_size(self, key: str) -> int:
        return _size(self.artifacts[key]) if key in self.artifacts else 0

    def get_total_artifact_size(self) -> int:
        return sum(map(_size, self.artifacts.values()))
