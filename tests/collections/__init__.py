"""
Public collections of pictures, beside what Chromium shows of them.

``python -m tests.collections FOLDER`` takes every picture below a folder, which holds a checkout of each collection:
Pillow, libvips, sharp, exif-samples, exif-orientation-examples, pillow_heif, libheif, avif-sample-images, av1-avif,
pngsuite, libwebp-test-data and metadata-extractor-images. None of their pictures is in this repository.
"""
