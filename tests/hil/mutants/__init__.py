"""Agents that are known to be bad. Each must fail by its named scenario: docs/mutants.md."""
