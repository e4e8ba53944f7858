# `just` runs what must be green before a commit.
default: lint test

lint:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

test:
    python -m pytest -q

golden:
    python -m pytest -q --update-golden

rules-page:
    python -m leakguard rules docs --no-config --output docs/rules.md

bench repo:
    python -m benchmarks.history {{repo}}
