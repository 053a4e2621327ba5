"""What the evaluator cannot answer."""


class PolicyError(Exception):
    """A template or policy that cannot be judged."""


class UnknownIntrinsicError(PolicyError):
    """An intrinsic function, a parameter or an attribute whose value is not known."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(
            f"{where}: {what} has no value here: give it in `Account`, or teach `intrinsics.py` what it is"
        )
        self.what, self.where = what, where


class UnknownConditionError(PolicyError):
    """A condition operator, or a form of one, that is not known."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{where}: {what}: teach `conditions.py` what AWS makes of it")
        self.what, self.where = what, where


class PolicyFormError(PolicyError):
    """A policy document that AWS would refuse, or whose reach is not certain."""

    def __init__(self, problem: str, where: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.problem, self.where = problem, where


class UnknownPrincipalError(PolicyError):
    """A role that the template does not have."""

    def __init__(self, principal: str) -> None:
        super().__init__(f"The template has no role {principal}: ask for one of its roles, or for a service")
        self.principal = principal


class UnknownCallError(PolicyError):
    """An operation of AWS of which nobody has said what it needs."""

    def __init__(self, call: str) -> None:
        super().__init__(f"Nobody has said which permissions {call} needs: write it into `policy/calls.py`")
        self.call = call
