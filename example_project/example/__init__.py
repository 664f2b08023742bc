"""The site around the systems: settings, layout, and the demo."""
