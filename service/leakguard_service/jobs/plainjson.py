"""How DBOS writes down what it keeps: JSON in ASCII, and of exceptions nothing but the class.

Its own default is pickle, which runs code when it is read; its portable JSON fails at text that is
no UTF-8, and keeps an exception's text, which may hold content of a repository.
"""

import json
from typing import Any

from dbos import PortableWorkflowError, Serializer

from leakguard_service import limits

_ERROR = "leakguard-error"


class PlainJson(Serializer):
    """JSON values and classes of exceptions. Raises TypeError for anything else."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {_ERROR: type(data).__name__}
        return json.dumps(data, separators=(",", ":"))

    def deserialize(cls, serialized_data: str) -> Any:
        value = json.loads(serialized_data)
        if isinstance(value, dict) and _ERROR in value:
            return PortableWorkflowError(str(value[_ERROR]), str(value[_ERROR]))
        return value

    def name(self) -> str:
        return "leakguard_json"


def plain(value: Any) -> Any:
    """The value as it comes back from the database: lists for tuples, text for keys.

    Raises TypeError when it is no JSON, ValueError when it is larger than limits.STEP_BYTES.
    """
    text = json.dumps(value)
    if len(text) > limits.STEP_BYTES:
        raise ValueError(f"a step's result has {len(text)} bytes of {limits.STEP_BYTES}")
    return json.loads(text)
