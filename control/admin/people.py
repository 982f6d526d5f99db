"""Users and groups: who may come in, and what their groups allow."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import display
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.access.rights import RIGHTS, Right, Role
from control.admin.cells import EMPTY, list_url, time_of, yes_of
from control.admin.filters import choice_filter, yes_filter
from control.admin.skin import Checkboxes, GuardedUserAdmin, ReadOnlyAdmin, UserChangeForm


def role_name(name: str) -> str:
    """A group by the name of its role; one that is not ours by its own."""
    return str(Role(name).label) if name in Role else name


def role_rights(name: str) -> list[str]:
    """What a group allows, in the order of the table. Groups that are not ours allow nothing."""
    allowed = RIGHTS[Role(name)] if name in Role else frozenset()
    return [str(right.label) for right in Right if right in allowed]


class RolesField(forms.ModelMultipleChoiceField):
    """Groups as boxes, each with what it allows."""

    widget = Checkboxes

    def label_from_instance(self, obj: Group) -> str:
        return f"{role_name(obj.name)}: {', '.join(role_rights(obj.name)) or EMPTY}"


class UserForm(UserChangeForm):
    """Refuses what would leave nobody who can let others in."""

    acting: User  # who fills in the form, set by the admin

    def clean_is_active(self) -> bool:
        active = self.cleaned_data["is_active"]
        if not active and self.instance.pk == self.acting.pk:
            raise forms.ValidationError(_("You cannot deactivate yourself. Ask another administrator to do it."))
        return active

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        was = User.objects.filter(pk=self.instance.pk, is_superuser=True, is_active=True).exists()
        stays = cleaned.get("is_superuser") and cleaned.get("is_active", True)
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=self.instance.pk)
        if was and not stays and not others.exists():
            self.add_error(
                "is_superuser",
                _("This is the last active superuser. Make somebody else one first, or nobody could undo this."),
            )
        return cleaned


class UserAdmin(GuardedUserAdmin):
    right = Right.ADMINISTER
    form = UserForm
    list_display = ("username", "full_name", "email", "roles", "active", "superuser", "last_seen")
    list_filter = (
        yes_filter(gettext_lazy("Active"), "is_active"),
        choice_filter(gettext_lazy("Group"), "group", Role.choices, "groups__name"),
    )
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = gettext_lazy("User name, name or e-mail address")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_seen", "joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (
            gettext_lazy("Rights"),
            {
                "fields": ("groups", "is_active", "is_superuser"),
                "description": gettext_lazy(
                    "Groups decide what a user may do; without a group a user may log in and sees nothing. Users are"
                    " deactivated and not deleted: the history goes on naming them."
                ),
            },
        ),
        (gettext_lazy("Dates"), {"fields": ("last_seen", "joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2")}),)

    active = yes_of("is_active", gettext_lazy("active"))
    superuser = yes_of("is_superuser", gettext_lazy("superuser"))
    last_seen = time_of("last_login", gettext_lazy("last login"))
    joined = time_of("date_joined", gettext_lazy("created"))

    @display(description=gettext_lazy("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or EMPTY

    @display(description=gettext_lazy("groups"))
    def roles(self, user: User) -> str:
        return ", ".join(role_name(group.name) for group in user.groups.all()) or EMPTY

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers are changed by superusers alone, or whoever may change users could let himself in as one."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return self.allowed(request) and not above

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = (*super().get_readonly_fields(request, obj),)
        return fields if request.user.is_superuser else (*fields, "superuser")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser is asked whether somebody is to be one; the others read it."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        read = {"is_superuser": "superuser"}
        return [
            (title, {**options, "fields": tuple(read.get(name, name) for name in options["fields"])})
            for title, options in fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"acting": request.user})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            return RolesField(Group.objects.order_by("pk"), required=False, label=capfirst(_("groups")))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class GroupAdmin(ReadOnlyAdmin):
    """The groups are the table of rights of the product: nothing to edit, everything to read."""

    right = Right.ADMINISTER
    list_display = ("role", "rights", "users")
    ordering = ("pk",)
    fieldsets = ((None, {"fields": ("role", "users")}),)

    @display(description=gettext_lazy("group"))
    def role(self, group: Group) -> str:
        return role_name(group.name)

    @display(description=gettext_lazy("rights"))
    def rights(self, group: Group) -> str:
        return ", ".join(role_rights(group.name)) or EMPTY

    @display(description=gettext_lazy("users"))
    def users(self, group: Group) -> int:
        return group.members

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(members=Count("user"))

    def detail(self, request: HttpRequest, obj: Group) -> dict[str, Any]:
        rows = [[right.label, *("✓" if right in RIGHTS[role] else EMPTY for role in Role)] for right in Right]
        table = {"headers": [_("Right"), *(role.label for role in Role)], "rows": rows}
        users = {"text": _("Users"), "count": obj.members, "url": list_url(User, group=obj.name)}
        return {
            "heading": {"name": role_name(obj.name), "facts": [self.rights(obj)]},
            "neighbours": [users],
            "tables": [{"title": _("Who may what"), "table": table}],
        }
