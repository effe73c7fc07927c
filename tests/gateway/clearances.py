"""A permit that waits for the word of five directorates."""

from tests.gateway.cases import Cases
from tests.gateway.office import Office

ASKED = ("water", "sewerage", "electricity", "civil_defence", "tax")


class Clearances:
    """A case in that step, and an officer in each of the directorates."""

    def __init__(self, office: Office, cases: Cases) -> None:
        self._cases = cases
        self.reference = cases.put("permit", "CLEARANCES", purpose="new")
        self.desks = {name: office.hire(name, "CLEARANCE", directorate=name) for name in ASKED}

    def clear(self, *names: str) -> None:
        """These directorates have nothing against it."""
        for name in names:
            version = self._cases.one("version", self.reference)
            answer = self.desks[name].act(self.reference, "clear", version)
            assert answer.status_code == 200, answer.text
