"""Proof on site that a lift's signals say what they should: a script of acts, a record of them, a judgement.

Nothing here reads a port or a clock. A step of the script states what each item does while a person does what it says;
the record holds the devices' raw words, so that a file mended afterwards is judged by the same ten minutes.
"""
