"""What an answer says of experiments."""

from pydantic import BaseModel


class InExperiment(BaseModel):
    """An experiment that had a say in the answer, and the arm that it was given by."""

    name: str
    arm: str
