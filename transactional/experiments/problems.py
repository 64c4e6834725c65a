"""What cannot be done with an experiment."""

from transactional.errors import ShopProblem


class UnknownExperimentProblem(ShopProblem):
    """There is no such experiment."""

    type, title, status = "/problems/unknown-experiment", "Unknown experiment", 404

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no experiment {name}.")


class UnknownArmProblem(ShopProblem):
    """The experiment has no such arm."""

    type, title, status = "/problems/unknown-arm", "Unknown arm", 404

    def __init__(self, name: str, arm: str) -> None:
        super().__init__(f"The experiment {name} has no arm {arm}.")


class ExperimentExistsProblem(ShopProblem):
    """The name was given before; exposures of both would be one heap."""

    type, title, status = "/problems/experiment-exists", "Name taken", 409

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is an experiment {name}. Choose another name, or make a new version of that one: "
            f"POST /api/v1/experiments/{name}/versions."
        )


class NoDraftProblem(ShopProblem):
    """Units were put into arms by the design as it is."""

    type, title, status = "/problems/experiment-not-a-draft", "Not a draft", 409

    def __init__(self, name: str, state: str) -> None:
        super().__init__(
            f"The experiment {name} is {state}: who is in which arm was settled by its design, shares, "
            "unit and layer. Make a new version, which puts everybody into arms anew: POST "
            f"/api/v1/experiments/{name}/versions, change that draft, and start it.",
            state=state,
        )


class NotRunningProblem(ShopProblem):
    """Only what runs can be stopped."""

    type, title, status = "/problems/experiment-not-running", "Not running", 409

    def __init__(self, name: str, state: str) -> None:
        super().__init__(f"The experiment {name} is {state}.", state=state)


class NoExperimentProblem(ShopProblem):
    """After the change it would be no experiment."""

    type, title, status = "/problems/no-experiment", "Not an experiment", 409


class LayerFullProblem(ShopProblem):
    """Experiments of a layer have no unit in common, so their shares of traffic add up to all at most."""

    type, title, status = "/problems/layer-full", "Layer full", 409

    def __init__(self, layer: str, free_basis_points: int) -> None:
        super().__init__(
            f"The layer {layer} has {free_basis_points} basis points of traffic in one piece left. Ask for "
            "less, stop one of its experiments, or use another layer.",
            free_basis_points=free_basis_points,
        )


class CollisionProblem(ShopProblem):
    """Two layers would both decide the same thing of one answer."""

    type, title, status = "/problems/experiments-collide", "Experiments collide", 409

    def __init__(self, other: str, what: str) -> None:
        super().__init__(
            f"The experiment {other} of another layer decides {what} of the same answers. Run both in "
            "one layer, where nobody is in both, or one after the other.",
            other=other,
        )


class ControlStaysProblem(ShopProblem):
    """Nothing can be held against a control that is gone."""

    type, title, status = "/problems/control-stays", "Control stays", 409

    def __init__(self, name: str, arm: str) -> None:
        super().__init__(f"{arm} is the control. Stop the experiment: POST …/{name}/stop.")
