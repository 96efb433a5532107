"""The article of a web page, without its navigation, banners and footer, and what the page says of itself."""

from __future__ import annotations

import logging
import re

from nli.errors import InputError, MissingExtraError
from nli.scanning.records import Document

_BULLET = re.compile(r"^- +", re.MULTILINE)


def read_page(html: str, name: str) -> Document:
    """Read the article of a web page.

    Comments under an article and tables are left out, and a paragraph that stands twice is read once. Nothing is
    fetched. The date is that of the page's metadata or of a plain mark in the article; none is inferred from prose.

    Args:
        html: The page.
        name: What the document is called.

    Returns:
        The document, with title, source (the site's name, else its host), date and address where the page has them.

    Raises:
        InputError: If the page has no text beside its furniture.
        MissingExtraError: If trafilatura is not installed.
    """
    try:
        import trafilatura
    except ImportError:
        raise MissingExtraError("Reading HTML", "scan") from None

    # Without a handler of its own, what the library logs of an odd page would go to standard error.
    logger = logging.getLogger("trafilatura")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    page = trafilatura.bare_extraction(
        html,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    fields = page if isinstance(page, dict) or page is None else page.as_dict()
    if not fields or not (fields["text"] or "").strip():
        raise InputError(f"{name} has no text beside its navigation: save the page whole, or its text as .txt.")
    return Document(
        text=_BULLET.sub("", fields["text"]),
        name=name,
        title=fields["title"],
        source=fields["sitename"] or fields["hostname"],
        date=fields["date"],
        url=fields["url"],
    )
