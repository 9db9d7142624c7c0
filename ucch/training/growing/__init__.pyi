from .distilled import DistilledObjective
from .drift import Drift, measured_drift
from .earlier import Earlier
from .growing_trainer import GrowingTrainer
from .grown_recipe import check_grows, check_widths, grown_recipe
from .growth import Growth, grown_codes, kept_of, measured_growth
from .run_dataset import kept_codes, run_dataset

__all__ = [
    "DistilledObjective",
    "Drift",
    "Earlier",
    "GrowingTrainer",
    "Growth",
    "check_grows",
    "check_widths",
    "grown_codes",
    "grown_recipe",
    "kept_codes",
    "kept_of",
    "measured_drift",
    "measured_growth",
    "run_dataset",
]
