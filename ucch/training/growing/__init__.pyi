from .distilled import DistilledObjective
from .drift import Drift, measured_drift
from .earlier import Earlier
from .growing_trainer import GrowingTrainer
from .grown_recipe import check_grows, check_widths, grown_recipe
from .growth import Growth, GrowthCodes
from .run_dataset import kept_codes, run_dataset, with_replayed

__all__ = [
    "DistilledObjective",
    "Drift",
    "Earlier",
    "GrowingTrainer",
    "Growth",
    "GrowthCodes",
    "check_grows",
    "check_widths",
    "grown_recipe",
    "kept_codes",
    "measured_drift",
    "run_dataset",
    "with_replayed",
]
