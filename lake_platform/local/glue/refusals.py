"""What Glue answers where it does not do what it is asked."""


class GlueError(Exception):
    """An error of Glue's API: its name, its text and the status of the answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def not_found(what: str) -> GlueError:
    return GlueError("EntityNotFoundException", f"{what} is not found")


def already_exists(what: str) -> GlueError:
    return GlueError("AlreadyExistsException", f"{what} already exists")


def invalid(message: str) -> GlueError:
    return GlueError("InvalidInputException", message)
