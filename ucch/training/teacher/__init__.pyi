from .fitting import TeacherStage, fit_teacher, takes_teacher
from .guide import Guidance, Guide
from .run import check_pairs, run_teacher_stage
from .shared import shared_teacher

__all__ = [
    "Guidance",
    "Guide",
    "TeacherStage",
    "check_pairs",
    "fit_teacher",
    "run_teacher_stage",
    "shared_teacher",
    "takes_teacher",
]
