"""A picture on Cloudinary, and an upload for the admin dashboard. See `tests` for what its document asks."""
