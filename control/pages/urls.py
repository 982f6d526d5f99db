"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from control.pages import (
    attachments,
    batch,
    batch_dialogs,
    batch_items,
    comparing,
    controls,
    dataset_analyses,
    datasets,
    language,
    login_link,
    overview,
    queue,
    safety,
    sequences,
    service,
    slot,
    statistics,
    submitting,
    system,
    workers,
)

app_name = "control"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("batches/new/", submitting.new_batch, name="new_batch"),
    path("batches/<uuid:batch_id>/", batch.batch_page, name="batch"),
    path("batches/<uuid:batch_id>/items/", batch_items.batch_items, name="batch_items"),
    path("batches/<uuid:batch_id>/story/", batch.batch_story, name="batch_story"),
    path("batches/<uuid:batch_id>/attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("batches/<uuid:batch_id>/dialogs/", batch_dialogs.batch_dialogs, name="batch_dialogs"),
    path("batches/<uuid:batch_id>/compare/", comparing.choose_run, name="choose_comparison"),
    path("batches/<uuid:batch_id>/compare/<uuid:other>/", comparing.comparison, name="comparison"),
    path(
        "batches/<uuid:batch_id>/compare/<uuid:other>/comparison.<slug:kind>",
        comparing.comparison_file,
        name="comparison_file",
    ),
    *(
        path(f"batches/<uuid:batch_id>/{word}/", controls.control, {"word": word}, name="control")
        for word in controls.WORDS
    ),
    path("batches/<uuid:batch_id>/queue/", queue.move, name="move"),
    path("queue/", queue.queue_page, name="queue"),
    path("statistics/", statistics.statistics_page, name="statistics"),
    path("workers/", workers.workers_page, name="workers"),
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.new_dataset, name="new_dataset"),
    path("datasets/<uuid:dataset_id>/", datasets.dataset_page, name="dataset"),
    path("datasets/<uuid:dataset_id>/files/<int:index>/", datasets.original, name="dataset_file"),
    path("datasets/<uuid:dataset_id>/analyse/", dataset_analyses.analyse, name="analyse_dataset"),
    path("datasets/<uuid:dataset_id>/complete/", datasets.complete, name="complete_dataset"),
    path("datasets/<uuid:dataset_id>/read/", datasets.read, name="read_dataset"),
    path("datasets/<uuid:dataset_id>/delete/", datasets.delete, name="delete_dataset"),
    path("sequences/", sequences.catalogue, name="sequences"),
    path("sequences/<str:name>/", sequences.sequence_page, name="sequence"),
    path("sequences/<str:name>/enable/", sequences.enable, name="enable_sequence"),
    path("sequences/<str:name>/disable/", sequences.disable, name="disable_sequence"),
    path("system/", system.system_page, name="system"),
    path("slots/<slug:station>/<slug:slot>/", slot.slot_page, name="slot"),
    path("slots/<slug:station>/<slug:slot>/manual/", slot.manual, name="manual"),
    path("emergency-stop/", safety.emergency_stop, name="emergency_stop"),
    path("slots/<slug:station>/<slug:slot>/in-service/", service.in_service, name="in_service"),
    path("slots/<slug:station>/<slug:slot>/out-of-service/", service.out_of_service, name="out_of_service"),
    path("unsafe/", safety.unsafe_banner, name="unsafe"),
    path("reset/", controls.reset_scope, name="reset"),
    path("slots/<slug:station>/<slug:slot>/make-safe/", controls.make_slot_safe, name="make_safe"),
    path("language/", language.choose_language, name="language"),
    path("login-link/", login_link.login_link, name="login_link"),
]
