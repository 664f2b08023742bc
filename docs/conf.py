"""How Sphinx builds the documentation. `tox run -e docs` runs it, with every warning an error."""

import os
from importlib.metadata import version as installed_version

import django
from django.conf import settings

# autodoc imports the package, and importing a Django app needs settings: the ones a new project would have.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.admin",
        "django_avatars",
        "django_avatars.profile",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

project = "django-avatars"
author = "django-avatars contributors"
copyright = "django-avatars contributors"
version = release = installed_version("django-avatars")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "sphinxext.opengraph"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
default_role = "code"  # docstrings put names in single backticks

copybutton_exclude = ".linenos, .gp, .go"  # commands without their prompt, and without what they answer
# Read the Docs says which version it builds, and lists the others on each page.
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "https://django-avatars.readthedocs.io/en/stable/")
ogp_site_url = html_baseurl
# A card for each page, with its title and its first sentence; the front page has one of its own.
ogp_social_cards = {
    "image": "images/card-faces.png",
    "image_mini": "images/logo.png",
    "line_color": "#3f4fd0",
    "background_color": "#f5f4f0",
}
ogp_site_name = "django-avatars"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_theme_options = {
    "source_repository": "https://github.com/django-avatars/django-avatars/",
    "source_branch": "main",
    "source_directory": "docs/",
}
html_title = f"django-avatars {release}"
html_favicon = "../example_project/example/static/example/logo.svg"


def setup(app):
    """Keep napoleon away from attributes: it takes what stands before a colon for a type."""
    as_written = {}

    def keep(app, what, name, obj, options, lines):
        if what in ("attribute", "data", "property"):
            as_written[name] = list(lines)

    def put_back(app, what, name, obj, options, lines):
        lines[:] = as_written.pop(name, lines)

    app.connect("autodoc-process-docstring", keep, priority=100)
    app.connect("autodoc-process-docstring", put_back, priority=900)
