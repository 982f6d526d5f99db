"""API keys: made here, shown once, revoked here; never edited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action, display
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from control.access.keys import create_key, idle_scopes, revoke_key
from control.access.rights import Right, rights_of
from control.admin.cells import chip, time_of
from control.admin.filters import ChoiceFilter
from control.admin.skin import Checkboxes, GuardedAdmin, Select, SplitDateTime, TextInput
from control.models import ApiKey


class RevokedFilter(ChoiceFilter):
    title = gettext_lazy("Revoked")
    parameter_name = "revoked"

    @staticmethod
    def offered(request: HttpRequest) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(revoked_at__isnull=self.value() != "yes") if self.value() else queryset


class ApiKeyForm(forms.ModelForm):
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        label=gettext_lazy("User"),
        widget=Select,
        help_text=gettext_lazy("The key can never do more than this user."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        widget=TextInput,
        help_text=gettext_lazy("What the key is for. The history shows it beside the user's name."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=Right.choices,
        required=False,
        widget=Checkboxes,
        help_text=gettext_lazy("Without a scope: all the rights of the user."),
    )
    expires_at = forms.SplitDateTimeField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=SplitDateTime,
        help_text=gettext_lazy("Left empty: until it is revoked."),
    )

    class Meta:
        model = ApiKey
        fields = ("user", "name", "scopes", "expires_at")

    def clean_expires_at(self) -> datetime | None:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise forms.ValidationError(_("This moment has passed: the key would never be valid."))
        return expires_at


class ApiKeyAdmin(GuardedAdmin):
    right = Right.ADMINISTER
    form = ApiKeyForm
    list_display = ("name", "user", "begins", "validity", "shown_scopes", "created", "expires", "last_used", "revoked")
    list_filter = (RevokedFilter,)
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "shown")
    search_help_text = gettext_lazy("Name, user, or how the key begins")
    ordering = ("-pk",)
    actions = ("revoke",)
    empty_text = gettext_lazy("No key has been made yet. Scripts and other programs log in with one.")
    add_fieldsets = ((None, {"fields": ("user", "name", "scopes", "expires_at")}),)
    fieldsets = (
        (None, {"fields": ("name", "user", "begins", "validity", "shown_scopes")}),
        (gettext_lazy("Dates"), {"fields": ("created", "expires", "last_used", "revoked")}),
    )

    created = time_of("created_at", gettext_lazy("created"))
    expires = time_of("expires_at", gettext_lazy("expires"))
    last_used = time_of("last_used_at", gettext_lazy("last used"))
    revoked = time_of("revoked_at", gettext_lazy("revoked"))

    @display(description=gettext_lazy("begins with"))
    def begins(self, key: ApiKey) -> str:
        return f"{key.shown}…"

    @display(description=gettext_lazy("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        known = dict(Right.choices)
        return ", ".join(str(known.get(scope, scope)) for scope in key.scopes) or _("All rights of the user")

    @display(description=gettext_lazy("validity"))
    def validity(self, key: ApiKey) -> Any:
        return _validity(key)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One button: what follows is the key, and not another form."""
        once = {"show_save_and_add_another": False, "show_save_and_continue": False, "show_history": False}
        return super().render_change_form(request, context | once, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        """The row is made by the one function that makes keys; the key itself travels to the answer and no further."""
        given = form.cleaned_data
        row, obj.key_text = create_key(
            given["user"], given["name"], scopes=given["scopes"], expires_at=given["expires_at"]
        )
        for field in ApiKey._meta.concrete_fields:
            setattr(obj, field.attname, getattr(row, field.attname))

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The key, in the answer to this very request: a message or a session would keep it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("New API key"),
            "opts": self.opts,
            "key": obj,
            "key_text": obj.key_text,
            "scopes": self.shown_scopes(obj),
            "warning": _warning(obj),
        }
        return TemplateResponse(request, "control/admin_new_key.html", context)

    @action(description=gettext_lazy("Revoke selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        keys = list(queryset.filter(revoked_at=None))
        for key in keys:
            revoke_key(key)
            self.log_change(request, key, "Revoked.")
        text = ngettext("%(count)s key revoked.", "%(count)s keys revoked.", len(keys)) % {"count": len(keys)}
        self.message_user(request, text, messages.SUCCESS)


def _warning(key: ApiKey) -> str:
    """What a new key does not open, though it seems to."""
    name = key.user.get_username()
    if not rights_of(key.user):
        return _("%(name)s has no right at all, so the key opens nothing. A group gives rights.") % {"name": name}
    if idle := idle_scopes(key.user, key.scopes):
        rights = ", ".join(str(Right(scope).label) for scope in idle)
        said = _("%(name)s lacks these rights, so the key has none of them: %(rights)s")
        return said % {"name": name, "rights": rights}
    return ""


def _validity(key: ApiKey) -> Any:
    if key.revoked_at is not None:
        return chip("bad", _("Revoked"))
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return chip("warning", _("Expired"))
    if not key.user.is_active:
        return chip("warning", _("User is not active"))
    return chip("good", _("Valid"))
