from .agreement import pair_agreement
from .audit import PairAudit, audit_pairs
from .mixture import AgreementMixture

__all__ = ["AgreementMixture", "PairAudit", "audit_pairs", "pair_agreement"]
