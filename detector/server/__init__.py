"""`detector serve`: an API, a page to try it on, and the live view of a watch."""
