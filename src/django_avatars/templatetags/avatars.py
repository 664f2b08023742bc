"""
``{% load avatars %}``: pictures in Django templates. What they show is decided in `django_avatars.rendering`.

A node of our own instead of `simple_tag`: on a page of a thousand avatars the difference can be measured.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from django import template
from django.template.base import FilterExpression, Node, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.html import escape
from django.utils.safestring import SafeString

from django_avatars import rendering, visibility
from django_avatars.actors import acting_in

register: template.Library = template.Library()

USAGE = {
    "avatar": "avatar obj [size] [label=…] [class=…] [priority=…] [badge=…] [badge_label=…] [alt=…] [animated=…]",
    "avatar_url": "avatar_url obj [size]",
    "avatar_stack": "avatar_stack users [max=…] [size=…] [label=…] [more_url=…]",
    "avatar_group": "avatar_group users [size] [label=…]",
    "avatar_credit": "avatar_credit obj",
    "avatar_email_url": "avatar_email_url obj [size] [shape=…] [site=…]",
}
"""How each tag is written, as its error says it. A size may also be given by name."""

OPTIONS: dict[str, set[str]] = {
    "avatar": {"size", "label", "class", "priority", "badge", "badge_label", "alt", "animated"},
    "avatar_url": {"size"},
    "avatar_stack": {"max", "size", "label", "more_url"},
    "avatar_group": {"size", "label"},
    "avatar_credit": set(),
    "avatar_email_url": {"size", "shape", "site"},
}
"""Keyword arguments of each tag."""

RENDERER = "django_avatars.renderer"
"""Where the avatars of one page find what they share."""

HIDDEN = "avatars_hidden"
"""The template variable of a reader who wants no pictures: initials are shown then."""


class RenderingNode(Node):
    """One call of a rendering function."""

    def __init__(
        self,
        function: Callable[..., str],
        positional: list[FilterExpression],
        options: dict[str, FilterExpression],
        target: str | None,
    ) -> None:
        self.function = function
        self.positional = positional
        self.options = options
        self.target = target

    def render(self, context: Context) -> str:
        """The answer of the function, or nothing when it goes into a variable."""
        text = self.answer(self.function, context)
        if self.target is None:
            return text if type(text) is SafeString or not context.autoescape else escape(text)
        context[self.target] = text
        return ""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """What `function` says to the arguments."""
        options = {name: value.resolve(context) for name, value in self.options.items()}
        arguments = [argument.resolve(context) for argument in self.positional]
        with seen_in(context):
            return function(*arguments, **options)


def seen_in(context: Context) -> AbstractContextManager[None]:
    """Within this, the user of the template's request looks, where who looks decides what is shown."""
    request = context.get("request") if visibility.is_restricted() else None
    return nullcontext() if request is None else acting_in(request)


def renderer_of(context: Context) -> rendering.AvatarRenderer:
    """What all avatars of a page share."""
    if RENDERER not in context.render_context:
        context.render_context[RENDERER] = rendering.AvatarRenderer(photos=not context.get(HIDDEN))
    return context.render_context[RENDERER]  # type: ignore[no-any-return]


class AvatarNode(RenderingNode):
    """One avatar."""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """See `RenderingNode`."""
        renderer: rendering.AvatarRenderer = context.render_context.get(RENDERER) or renderer_of(context)
        if self.options or len(self.positional) != 2 or renderer.is_restricted:
            return super().answer(renderer.avatar, context)
        obj, size = self.positional  # as nearly all are written: a tenth of a page's time
        return renderer.avatar(obj.resolve(context), size.resolve(context))


class StackNode(RenderingNode):
    """Several people in a row."""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """See `RenderingNode`."""
        return super().answer(renderer_of(context).stack, context)


class GroupNode(RenderingNode):
    """Several people in one picture."""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """See `RenderingNode`."""
        return super().answer(renderer_of(context).group, context)


class EmailNode(RenderingNode):
    """An address for an e-mail, on the site of the request where there is one."""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """See `RenderingNode`."""
        return super().answer(functools.partial(function, request=context.get("request")), context)


def _compile(
    name: str, function: Callable[..., str], positionals: int, node_class: type[RenderingNode]
) -> Callable[[Parser, Token], RenderingNode]:
    def compile_tag(parser: Parser, token: Token) -> RenderingNode:
        words = token.split_contents()[1:]
        target = None
        if len(words) >= 2 and words[-2] == "as" and words[-1].isidentifier():
            *words, _, target = words
        positional, options = _arguments(name, words, parser, positionals)
        return node_class(function, positional, options, target)

    return compile_tag


def _arguments(
    name: str, words: list[str], parser: Parser, positionals: int
) -> tuple[list[FilterExpression], dict[str, FilterExpression]]:
    positional: list[FilterExpression] = []
    options: dict[str, FilterExpression] = {}
    is_twice = False
    for word in words:
        if option := token_kwargs([word], parser):
            is_twice = is_twice or not options.keys().isdisjoint(option)
            options.update(option)
        else:
            positional.append(parser.compile_filter(word))
    is_twice = is_twice or (len(positional) > 1 and "size" in options)
    is_unfinished = "as" in words  # without the name of a variable behind it
    is_known = options.keys() <= OPTIONS[name] and 1 <= len(positional) <= positionals
    if not is_known or is_twice or is_unfinished:
        given = " ".join((name, *words))
        raise template.TemplateSyntaxError(f"{{% {given} %}} cannot be understood. Write {{% {USAGE[name]} %}}.")
    return positional, {("css_class" if key == "class" else key): value for key, value in options.items()}


register.tag("avatar", _compile("avatar", rendering.avatar, 2, AvatarNode))
register.tag("avatar_url", _compile("avatar_url", rendering.avatar_url, 2, RenderingNode))
register.tag("avatar_stack", _compile("avatar_stack", rendering.avatar_stack, 1, StackNode))
register.tag("avatar_group", _compile("avatar_group", rendering.avatar_group, 2, GroupNode))
register.tag("avatar_credit", _compile("avatar_credit", rendering.avatar_credit, 1, RenderingNode))
register.tag("avatar_email_url", _compile("avatar_email_url", rendering.avatar_email_url, 2, EmailNode))
