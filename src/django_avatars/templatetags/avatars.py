"""
``{% load avatars %}``: pictures in Django templates. What they show is decided in `django_avatars.rendering`.

A node of our own instead of `simple_tag`: on a page of a thousand avatars the difference can be measured.
"""

from __future__ import annotations

from collections.abc import Callable

from django import template
from django.template.base import FilterExpression, Node, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.html import escape
from django.utils.safestring import SafeString

from django_avatars import rendering

register = template.Library()

USAGE = {
    "avatar": "avatar obj [size] [label=…] [class=…] [priority=…]",
    "avatar_url": "avatar_url obj [size]",
    "avatar_stack": "avatar_stack users [max=…] [size=…] [label=…] [more_url=…]",
}
"""How each tag is written, as its error says it. A size may also be given by name."""

OPTIONS = {
    "avatar": {"size", "label", "class", "priority"},
    "avatar_url": {"size"},
    "avatar_stack": {"max", "size", "label", "more_url"},
}
"""Keyword arguments of each tag."""

PAGE = "django_avatars.page"
"""Where the avatars of one rendering find what they share."""


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
        return function(*[argument.resolve(context) for argument in self.positional], **options)


class AvatarNode(RenderingNode):
    """One avatar; those of one page share a `rendering.Page`."""

    def answer(self, function: Callable[..., str], context: Context) -> str:
        """See `RenderingNode`."""
        page = context.render_context.get(PAGE)
        if page is None:
            page = context.render_context[PAGE] = rendering.Page()
        if self.options or len(self.positional) != 2:
            return super().answer(page.avatar, context)
        obj, size = self.positional  # as nearly all are written: a tenth of a page's time
        text: str = page.avatar(obj.resolve(context), size.resolve(context))
        return text


def _compile(
    name: str, function: Callable[..., str], positionals: int, node_class: type[RenderingNode]
) -> Callable[[Parser, Token], RenderingNode]:
    def compile_tag(parser: Parser, token: Token) -> RenderingNode:
        words = token.split_contents()[1:]
        target = None
        if len(words) >= 2 and words[-2] == "as":
            *words, _, target = words
        positional, options = _arguments(name, words, parser, positionals)
        return node_class(function, positional, options, target)

    return compile_tag


def _arguments(
    name: str, words: list[str], parser: Parser, positionals: int
) -> tuple[list[FilterExpression], dict[str, FilterExpression]]:
    positional: list[FilterExpression] = []
    options: dict[str, FilterExpression] = {}
    for word in words:
        if option := token_kwargs([word], parser):
            options.update(option)
        else:
            positional.append(parser.compile_filter(word))
    is_size_twice = len(positional) > 1 and "size" in options
    if not options.keys() <= OPTIONS[name] or not 1 <= len(positional) <= positionals or is_size_twice:
        given = " ".join((name, *words))
        raise template.TemplateSyntaxError(f"{{% {given} %}} cannot be understood. Write {{% {USAGE[name]} %}}.")
    return positional, {("css_class" if key == "class" else key): value for key, value in options.items()}


register.tag("avatar", _compile("avatar", rendering.avatar, 2, AvatarNode))
register.tag("avatar_url", _compile("avatar_url", rendering.avatar_url, 2, RenderingNode))
register.tag("avatar_stack", _compile("avatar_stack", rendering.avatar_stack, 1, RenderingNode))
