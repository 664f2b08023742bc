"""The front end, and what shows that the APIs do what their documents say."""
