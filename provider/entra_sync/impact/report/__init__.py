"""One plan, several renderings: terminal, Markdown for a pull request, JSON, and a page that stands alone."""
