"""The parts that pages are put together from, in the look of the Danish public design system.

A page loads them with ``{% load parts %}`` and holds no markup of its own for fields, errors,
alerts or lists. Tags with an end tag (``alert``, ``card``, ``details``, ``button_row``) wrap what
stands between; the others take what they need as arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms, template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html

from parking.web.widgets import DayInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """Draw one icon of the sprite; without *label* it is decoration and not read aloud."""
    sprite = static("vendor/dkfds/icons.svg")
    spoken = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else format_html('aria-hidden="{}"', "true")
    )
    return format_html(
        '<svg class="icon-svg {}" focusable="false" {}><use href="{}#{}"></use></svg>',
        classes,
        spoken,
        sprite,
        name,
    )


class _Problem(NamedTuple):
    text: str
    target: str  #: the id to jump to; empty when the error belongs to the form as a whole


@register.inclusion_tag("parts/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """List a form's errors at the top of the page, each linking to its field."""
    problems = [_Problem(str(text), "") for text in form.non_field_errors()]
    problems += [
        _Problem(str(text), _first_input(bound)) for bound in form for text in bound.errors
    ]
    return {"problems": problems}


def _first_input(bound: forms.BoundField) -> str:
    if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple | DayInput):
        return f"{bound.auto_id}_0"
    return bound.id_for_label


@register.simple_tag
def field(bound: forms.BoundField, **options: Any) -> SafeString:
    """Show a form's field: label, hint, error and the input its widget asks for.

    *options*: ``hint`` (else the field's help text), ``width`` (xxs, xs, s, m, l or xl),
    ``prefix`` and ``suffix`` beside a text input, ``hints`` (value to hint, for radio buttons),
    ``heading`` (true when the label is the page's heading).
    """
    hint = options.pop("hint", bound.help_text)
    ids = [f"{bound.auto_id}-hint"] * bool(hint) + [f"{bound.auto_id}-error"] * bool(bound.errors)
    described = {"aria-describedby": " ".join(ids)} if ids else {}
    widget = bound.field.widget
    # A browser would cut what is too long, and say nothing; the form says how much it is.
    widget.attrs.pop("maxlength", None)
    context = {
        "field": bound,
        "hint": hint,
        "described_by": " ".join(ids),
        "optional": not bound.field.required,
        **options,
    }
    if isinstance(widget, DayInput):
        inputs = widget.get_context(bound.html_name, bound.value(), {"id": bound.auto_id})
        context["inputs"] = zip(
            DayInput.labels, ("day", "month", "year"), inputs["widget"]["subwidgets"], strict=True
        )
        part = "date_field"
    elif isinstance(widget, forms.RadioSelect):
        hints: Mapping[Any, str] = options.get("hints") or {}
        context["choices"] = [
            {"choice": choice, "hint": hints.get(choice.data["value"], "")} for choice in bound
        ]
        part = "radios"
    elif isinstance(widget, forms.CheckboxInput):
        context["input"] = bound.as_widget(attrs={"class": "form-checkbox", **described})
        part = "checkbox"
    else:
        width = options.get("width")
        classes = ["form-select" if isinstance(widget, forms.Select) else "form-input"]
        classes += [f"input-width-{width}"] if width else []
        context["input"] = bound.as_widget(attrs={"class": " ".join(classes), **described})
        part = "field"
    return render_to_string(f"parts/{part}.html", context)


@register.inclusion_tag("parts/step_guide.html")
def step_guide(steps: Sequence[Mapping[str, str]], current: int) -> dict[str, Any]:
    """Show how far one has come: *steps* of ``title`` and, if one may go back, ``url``; from 1."""
    return {
        "steps": [
            {**step, "number": number, "done": number < current, "current": number == current}
            for number, step in enumerate(steps, 1)
        ],
        "number": current,
        "title": steps[current - 1]["title"],
    }


@register.simple_block_tag
def alert(content: str, kind: str, heading: str = "", level: int = 2) -> SafeString:
    """Set a message apart: *kind* is info, success, warning or error."""
    return render_to_string(
        "parts/alert.html",
        {"content": content, "kind": kind, "heading": heading, "level": level},
    )


@register.simple_block_tag
def card(content: str, heading: str, href: str = "", level: int = 2) -> SafeString:
    """Show one thing among several; with *href* the heading leads to it."""
    return render_to_string(
        "parts/card.html",
        {"content": content, "heading": heading, "href": href, "level": level},
    )


@register.simple_block_tag
def details(content: str, summary: str) -> SafeString:
    """Fold away what only some readers need, behind *summary*."""
    return render_to_string("parts/details.html", {"content": content, "summary": summary})


@register.simple_block_tag
def button_row(content: str) -> SafeString:
    """Lay out a form's buttons, the first being the way on; full width on a phone."""
    return render_to_string("parts/button_row.html", {"content": content})


@register.inclusion_tag("parts/summary_list.html")
def summary_list(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """List what has been answered: rows of ``label``, ``value`` and, to change it, ``url``."""
    return {"rows": rows}


@register.inclusion_tag("parts/badge.html")
def badge(text: str, kind: str = "") -> dict[str, Any]:
    """Say a state in a word: *kind* is info, success, warning, error or nothing."""
    return {"text": text, "kind": kind}


@register.inclusion_tag("parts/back_link.html")
def back_link(href: str, text: str = "") -> dict[str, Any]:
    """Lead back to the page before, which *text* may name."""
    return {"href": href, "text": text}


@register.inclusion_tag("parts/breadcrumbs.html")
def breadcrumbs(trail: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Show where one is: a *trail* of ``text`` and ``url``, the last without ``url``."""
    return {"trail": trail}


@register.inclusion_tag("parts/receipt_header.html")
def receipt_header(heading: str, reference: str, lead: str = "") -> dict[str, Any]:
    """Open a receipt: what was done, its number, and in *lead* what happens now."""
    return {"heading": heading, "reference": reference, "lead": lead}


@register.inclusion_tag("parts/finding_tree.html")
def finding_tree(finding: object) -> dict[str, Any]:
    """Show what the regulation said and on which fact, sentence by sentence.

    *finding* and those it rests on have ``answer`` (yes, no or open, or an enum of these),
    ``sentence``, ``citation``, ``fact`` (what was looked at), ``change`` (what would change a no,
    or who is awaited) and ``because`` (the findings below); all but the first two may be empty.
    """
    return {"finding": finding}
