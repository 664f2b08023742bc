"""
From uploaded bytes to square, upright, sRGB renditions without metadata. Pillow only, no Django.

The door is `django_avatars.imaging.pipeline.process`. It loads Pillow, so modules that start-up loads import it inside
a function; `formats`, `spec`, `rejected` and `focus` load nothing and may be imported anywhere.
Layers, from the bottom: rejected, formats, spec; headers; sniff, limits; geometry; decode;
color, square; encode; pipeline.
"""
