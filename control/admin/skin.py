"""The only module that knows django-unfold's admin classes: what all pages of rows share, read-only unless they say so.

Its `actions_detail` and `actions_row` are never used: they act on a GET, without a token.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes
from unfold.widgets import UnfoldAdminSelectWidget as Select
from unfold.widgets import UnfoldAdminSplitDateTimeWidget as SplitDateTime
from unfold.widgets import UnfoldAdminTextareaWidget as Textarea
from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
from unfold.widgets import UnfoldBooleanSwitchWidget as Switch

from control.access.rights import Right, may
from control.admin.filters import active_filters, parameters_of
from control.admin.paging import CappedPaginator

__all__ = [
    "AdminPasswordChangeForm",
    "Checkboxes",
    "GuardedAdmin",
    "GuardedUserAdmin",
    "ReadOnlyAdmin",
    "RowList",
    "Select",
    "SplitDateTime",
    "Switch",
    "TextInput",
    "Textarea",
    "UserChangeForm",
    "UserCreationForm",
]


class RowList(ChangeList):
    """A page of rows that asks for one row more than it shows, and so knows without counting that there is a next."""

    has_next = False

    def get_results(self, request: HttpRequest) -> None:
        self.page_num = max(1, self.page_num)
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        self.has_next = len(rows) > self.list_per_page
        self.result_list = rows[: self.list_per_page]
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        whole = self.page_num == 1 and not self.has_next
        self.result_count = len(rows) if whole else self.paginator.count
        self.full_result_count = self.result_count  # the skin offers "show all" where these two differ
        self.show_full_result_count = False
        self.show_admin_actions = bool(rows)
        self.can_show_all = self.multi_page = False

    @property
    def count_text(self) -> str:
        """How many rows there are in all; nothing where nobody counts."""
        return self.paginator.count_text(self.result_count)

    @property
    def previous_url(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num - 1})

    @property
    def next_url(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num + 1})

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Any]:
        """The list's own order where no column may be sorted: an address must not make the database sort a million."""
        if not self.sortable_by:
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class Guarded:
    """Rights from the one table, instead of Django's permissions."""

    right: ClassVar[Right] = Right.SEE

    def allowed(self, request: HttpRequest) -> bool:
        return may(request.user, self.right)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allowed(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class GuardedAdmin(Guarded, ModelAdmin):
    """Rows with a list, a search and a page each; nothing can be added, changed or deleted."""

    change_list_template = "control/admin_list.html"
    change_form_template = "control/admin_detail.html"
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    paginator = CappedPaginator
    actions: Any = None
    empty_text: Any = _("Nothing here yet.")

    class Media:
        css: ClassVar = {"all": ["control/admin.css"]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters that are offered: any other could read a whole table, or guess at a secret."""
        return lookup in parameters_of(self.list_filter)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Raises Http404 for what is no id: PostgreSQL takes no U+0000 in any text."""
        if "\0" in object_id:
            raise Http404
        return super().get_object(request, object_id, from_field)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RowList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.model._meta.verbose_name_plural)
        response = super().changelist_view(request, {"title": title, **(extra_context or {})})
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context |= {"active_filters": active_filters(context["cl"]), "search_var": SEARCH_VAR}
        return response


class ReadOnlyAdmin(GuardedAdmin):
    """The history and the bench: what happened is not edited."""

    sortable_by: Any = ()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """What `found` makes of the text; without one all rows. No search of ours finds a row twice."""
        text = search_term.strip()
        return (self.found(request, queryset, text) if text else queryset), False

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        """The rows that somebody means who searches for a text, which is not empty."""
        return super().get_search_results(request, rows, text)[0]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        title = capfirst(self.model._meta.verbose_name)
        context = {"title": title, "show_history": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context |= self.detail(request, obj)
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the page of a row shows above and below its fields: `heading`, `live_url`, `neighbours`, `tables`."""
        return {}


class GuardedUserAdmin(GuardedAdmin, DjangoUserAdmin):
    """Django's pages of users in the skin's look."""

    change_form_template = None
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
