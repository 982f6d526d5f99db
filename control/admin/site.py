"""The site around admin and pages: whoever may see, may enter; whoever is logged in without a group is told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite
from unfold.widgets import BASE_INPUT_CLASSES

from control.access.language import give_chosen_language
from control.access.rights import Right, may


class LoginForm(AuthenticationForm):
    """Django's own, in the skin's look. Unlike the admin's it asks for no staff flag: rights come from groups."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


class GwanjeAdminSite(UnfoldAdminSite):
    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.SEE)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                if request.path == reverse("admin:logout"):
                    return view(request, *args, **kwargs)  # whoever may do nothing may still leave
                raise PermissionDenied
            try:
                return inner(request, *args, **kwargs)
            except (DisallowedModelAdminLookup, DisallowedModelAdminToField) as error:
                raise BadRequest(_("This list has no such filter. Choose one of those that it offers.")) from error

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            return give_chosen_language(response, request.user)
        return response
