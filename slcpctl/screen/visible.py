"""What is typed, drawn so that it cannot act on the terminal: completed handles and pasted texts are of others."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from slcp.escaping import escape


class Visible(Processor):
    """Draws as an escape what would act or be hidden; the text itself stays as it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = transformation_input.fragments
        text = fragment_list_to_text(fragments)
        if escape(text) == text:
            return Transformation(fragments)
        drawn = [(style, escape(char)) for style, char, *_ in explode_text_fragments(fragments)]
        starts = list(accumulate((len(part) for _, part in drawn), initial=0))
        return Transformation(
            [*drawn],
            source_to_display=lambda position: starts[min(position, len(drawn))],
            display_to_source=lambda position: bisect_right(starts, position) - 1,
        )
