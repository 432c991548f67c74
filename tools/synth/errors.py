"""What a user can mend: told in one line, exit code 2."""


class BadInput(Exception):
    pass
