"""Programs of the course, one per dialect: written from the table of dialects alone, standard library only.

They are as unforgiving as their row: what they do not know they pass over, what chokes them ends them. Nothing of
slcp is used here, so that a misunderstanding in slcp cannot hide in its own test.
"""
