"""The addresses of the API."""

from __future__ import annotations

from django.urls import include, path, re_path

from control.api.analyses import AnalysesOfDataset
from control.api.attachments import Attachments, OneAttachment
from control.api.batches import OneBatch
from control.api.comparison import Compare
from control.api.control_events import ControlEvents
from control.api.datasets import (
    CompleteDataset,
    Datasets,
    FilesOfDataset,
    OneDataset,
    OneFile,
    ReadDatasetAgain,
    StatusOfDataset,
    Thumbnail,
)
from control.api.emergency import EmergencyStop, Reset
from control.api.errors import Errors
from control.api.events import Events, OneEvent
from control.api.face import NothingHere
from control.api.following import Rerun, Restart, Resume
from control.api.health import HealthCheck
from control.api.instruments import Instruments
from control.api.items import Chunks, FileOfItem, Items, OneItem
from control.api.keeping import Keep, Release
from control.api.manual import Manual
from control.api.measurements import Measurements
from control.api.pages import Redoc, RedocScript, SchemaFile, Swagger
from control.api.prompts import Answer, PromptImage, Prompts
from control.api.queue import Move, Queue, Workers
from control.api.schedules import OneSchedule, RunSchedule, Schedules
from control.api.sequences import Disable, Enable, OneSequence, Sequences
from control.api.slots import MakeSafe, OneSlot, PutIntoService, Slots, TakeOutOfService
from control.api.statistics import Statistics
from control.api.steering import ChangeSettings, EmergencyStopOfBatch, Pause, Skip, Stop
from control.api.steps import Steps
from control.api.submitting import Batches
from control.api.system import HealthOfAll, Info

app_name = "api"

of_batch = [
    path("", OneBatch.as_view(), name="batch"),
    path("compare/<uuid:other>/", Compare.as_view(), name="compare"),
    path("steps/", Steps.as_view(), name="steps"),
    path("measurements/", Measurements.as_view(), name="measurements"),
    path("attachments/", Attachments.as_view(), name="attachments"),
    path("attachments/<uuid:attachment_id>/", OneAttachment.as_view(), name="attachment"),
    path("chunks/", Chunks.as_view(), name="chunks"),
    path("items/", Items.as_view(), name="items"),
    path("items/<int:index>/", OneItem.as_view(), name="item"),
    path("items/<int:index>/files/<str:name>/", FileOfItem.as_view(), name="item-file"),
    path("events/", Events.as_view(), name="events"),
    path("events/<int:seq>/", OneEvent.as_view(), name="event"),
    path("control-events/", ControlEvents.as_view(), name="control-events"),
    path("errors/", Errors.as_view(), name="errors"),
    path("prompts/", Prompts.as_view(), name="prompts"),
    path("prompts/<str:prompt>/image/", PromptImage.as_view(), name="prompt-image"),
    path("answer/", Answer.as_view(), name="answer"),
    path("pause/", Pause.as_view(), name="pause"),
    path("resume/", Resume.as_view(), name="resume"),
    path("stop/", Stop.as_view(), name="stop"),
    path("skip/", Skip.as_view(), name="skip"),
    path("settings/", ChangeSettings.as_view(), name="settings"),
    path("restart/", Restart.as_view(), name="restart"),
    path("rerun/", Rerun.as_view(), name="rerun"),
    path("queue/", Move.as_view(), name="move"),
    path("keep/", Keep.as_view(), name="keep"),
    path("release/", Release.as_view(), name="release"),
    path("emergency-stop/", EmergencyStopOfBatch.as_view(), name="emergency-stop-batch"),
]
of_dataset = [
    path("", OneDataset.as_view(), name="dataset"),
    path("status/", StatusOfDataset.as_view(), name="dataset-status"),
    path("files/", FilesOfDataset.as_view(), name="dataset-files"),
    path("files/<int:index>/", OneFile.as_view(), name="dataset-file"),
    path("files/<int:index>/thumbnail/", Thumbnail.as_view(), name="dataset-thumbnail"),
    path("analyses/", AnalysesOfDataset.as_view(), name="dataset-analyses"),
    path("complete/", CompleteDataset.as_view(), name="complete-dataset"),
    path("read/", ReadDatasetAgain.as_view(), name="read-dataset"),
]
urlpatterns = [
    path("datasets/", Datasets.as_view(), name="datasets"),
    path("datasets/<uuid:dataset_id>/", include(of_dataset)),
    path("control/batches/", Batches.as_view(), name="batches"),
    path("control/batches/<uuid:batch_id>/", include(of_batch)),
    path("queue/", Queue.as_view(), name="queue"),
    path("workers/", Workers.as_view(), name="workers"),
    path("slots/", Slots.as_view(), name="slots"),
    path("slots/<slug:station>/<slug:slot>/", OneSlot.as_view(), name="slot"),
    path("slots/<slug:station>/<slug:slot>/manual/", Manual.as_view(), name="manual"),
    path("slots/<slug:station>/<slug:slot>/in-service/", PutIntoService.as_view(), name="put-into-service"),
    path("slots/<slug:station>/<slug:slot>/out-of-service/", TakeOutOfService.as_view(), name="take-out-of-service"),
    path("instruments/", Instruments.as_view(), name="instruments"),
    path("slots/<slug:station>/<slug:slot>/make-safe/", MakeSafe.as_view(), name="make-safe"),
    path("emergency-stop/", EmergencyStop.as_view(), name="emergency-stop"),
    path("reset/", Reset.as_view(), name="reset"),
    path("sequences/", Sequences.as_view(), name="sequences"),
    path("sequences/<str:name>/", OneSequence.as_view(), name="sequence"),
    path("sequences/<str:name>/enable/", Enable.as_view(), name="enable-sequence"),
    path("sequences/<str:name>/disable/", Disable.as_view(), name="disable-sequence"),
    path("schedules/", Schedules.as_view(), name="schedules"),
    path("schedules/<uuid:schedule_id>/", OneSchedule.as_view(), name="schedule"),
    path("schedules/<uuid:schedule_id>/run/", RunSchedule.as_view(), name="run-schedule"),
    path("statistics/", Statistics.as_view(), name="statistics"),
    path("health/", HealthCheck.as_view(), name="health"),
    path("system/info/", Info.as_view(), name="system-info"),
    path("system/health/", HealthOfAll.as_view(), name="system-health"),
    path("schema/", SchemaFile.as_view(), name="schema"),
    path("docs/", Swagger.as_view(url_name="api:schema"), name="docs"),
    path("redoc/", Redoc.as_view(url_name="api:schema"), name="redoc"),
    path("redoc/script.js", RedocScript.as_view(), name="redoc-script"),
    re_path("", NothingHere.as_view()),
]
