"""`python -m hil`: the same as `liftwarden hil`, for processes that start one another."""

from hil.cli import app

if __name__ == "__main__":
    app()
