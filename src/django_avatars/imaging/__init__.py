"""
From uploaded bytes to square, upright, sRGB renditions without metadata. Pillow only, no Django.

The door is `django_avatars.imaging.pipeline.process`; import it inside a function, since it
loads Pillow. `formats`, `spec` and `refusal` load nothing and may be imported anywhere.
Layers, from the bottom: refusal, formats, spec; view; headers; sniff, limits; geometry; decode;
color, square; encode; pipeline.
"""
