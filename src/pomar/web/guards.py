"""Who may see a page."""

from __future__ import annotations

from functools import wraps

from pomar.access.roles import require


def needs(right):
    """A view for people who hold `right`; others get the 403 page that says whom to ask."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            require(request.user, right, request.path)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
