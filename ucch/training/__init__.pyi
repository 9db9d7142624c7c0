from .build import check_optimizer
from .device import choose_device
from .distributed import on_first, processes
from .elsewhere import (
    Recipe,
    RunFolder,
    apply_recipe,
    free_run_path,
    full_key,
    load_recipe,
    recipe_names,
    with_settings,
)
from .fine_tuning import FineTuning, check_fine_tuning, check_tunable
from .fit_baseline import build_baseline, fit_baseline
from .goal import Choice, choose_goal
from .hashing_step import HashingStep, StepOutput
from .loop import TrainingLoop
from .nested import nested_lengths, shortened
from .objectives import OBJECTIVES, LabelObjective, Objective
from .strategies import STRATEGIES, Strategy
from .stream import StreamTraining, train_stream
from .teacher.fitting import TeacherStage, fit_teacher, takes_teacher
from .train import train_run
from .trainer import EpochStats, Trainer
from .training_labels import training_labels
from .validation import hold_out

__all__ = [
    "OBJECTIVES",
    "STRATEGIES",
    "Choice",
    "EpochStats",
    "FineTuning",
    "HashingStep",
    "LabelObjective",
    "Objective",
    "Recipe",
    "RunFolder",
    "StepOutput",
    "Strategy",
    "StreamTraining",
    "TeacherStage",
    "Trainer",
    "TrainingLoop",
    "apply_recipe",
    "build_baseline",
    "check_fine_tuning",
    "check_optimizer",
    "check_tunable",
    "choose_device",
    "choose_goal",
    "fit_baseline",
    "fit_teacher",
    "free_run_path",
    "full_key",
    "hold_out",
    "load_recipe",
    "nested_lengths",
    "on_first",
    "processes",
    "recipe_names",
    "shortened",
    "takes_teacher",
    "train_run",
    "train_stream",
    "training_labels",
    "with_settings",
]
