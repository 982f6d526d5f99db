"""submit: a new batch, checked completely before anything is written."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from control.journal.append import Entry, tell_batch, tell_board
from control.journal.kinds import Kind, stream_of
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_slot
from control.lifecycle.given_datasets import checked_options, find_datasets, hold_datasets, station_of
from control.lifecycle.packages import MANUAL_CONTROL, find_package, keep_content
from control.lifecycle.refusals import BadValue, check_label, check_text
from control.lifecycle.same_work import TwinIsLive, finished_twin, live_twin, newest_twin, work_key
from control.lifecycle.sequences import check_may_start
from control.lifecycle.slots.choice import choose_slot, open_slots
from control.lifecycle.stopping import check_not_stopping
from control.models import Batch, ControlEvent, Dataset, Stream
from control.states import State
from sequences.catalogue import Package
from sequences.items.options import ItemsOptions
from sequences.manifest import Manifest
from sequences.parameters import ParameterError, resolve_parameters
from stations.contracts import Carried
from stations.models import Slot, Station
from stations.run_limits import effective_ladder, effective_resources

LONGEST_NAME, LONGEST_SUBJECT = 200, 100
PARAMETERS_LIMIT = 64 * 1024  # bytes of JSON: a job travels to its guard in one datagram


# How long a run will take is told by the last ones that were like it, among so many.
USUAL_OF, LOOKED_AT = 10, 50
# The batch in whose favour a submit gave way may end in that moment, and another one begin, and end.
TRIES = 5


@dataclass(frozen=True)
class Order:
    """What somebody asks to be run."""

    sequence: str
    slot: str | None = None
    name: str = ""
    subject: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priority: Batch.Priority = Batch.Priority.NORMAL
    wait: bool = True  # False: refuse instead of queueing when the slot is busy
    # What it works on, by id or name, and how; None: as the manifest says.
    dataset: str | None = None
    target_dataset: str | None = None  # what `dataset` is compared with
    chunk_size: int | None = None  # items; 0: automatic
    item_timeout_s: float | None = None
    max_pixels: int | None = None  # of one image
    lanes: int | None = None  # at most so many work on it at a time; 0: as many as there are
    fresh: bool = False  # do it anew, although it was done before


@dataclass(frozen=True)
class Work:
    """What an order asks for, checked; `key` as control.lifecycle.same_work has it."""

    order: Order
    package: Package
    parameters: dict[str, Any]
    datasets: dict[str, Dataset] = field(default_factory=dict)
    items_options: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class CheckedOrder:
    """An order that can be run, and where."""

    work: Work
    station: Station
    slot: Slot | None


@dataclass(frozen=True)
class Answer:
    """The batch that does, or has done, what an order asks for."""

    batch: Batch
    existing: bool = False  # it waited or ran already
    cached: bool = False  # it had done that already
    age_s: float | None = None  # since the end of what is cached


@dataclass(frozen=True)
class Origin:
    """The batch that a new one repeats or goes on from."""

    batch: Batch
    kind: Batch.OriginKind
    carried: Carried | None = None


def submit(order: Order, *, by: Actor, trigger: Batch.Trigger, reason: str = USER_REQUEST) -> Batch:
    """Queue a batch and wake its slot, or return the one that does the same or has done it: see `submit_once`."""
    return submit_once(order, by=by, trigger=trigger, reason=reason).batch


def submit_once(order: Order, *, by: Actor, trigger: Batch.Trigger, reason: str = USER_REQUEST) -> Answer:
    """`check_order`, then `enqueue`; where the sequence declares that its work need not be done twice, only if no batch
    does it, and none has done it. However many ask at once, one batch comes of it; that others asked stands there.
    """
    check_text("reason", reason, LONGEST_REASON)
    work = check_work(order)
    for tries_left in reversed(range(TRIES)):
        if (answer := _answer_there_is(work)) is not None:
            _record_asked_again(answer, by, reason)
            return answer
        try:
            return Answer(enqueue(find_place(work), by=by, trigger=trigger, reason=reason))
        except TwinIsLive:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _answer_there_is(work: Work) -> Answer | None:
    """The same work under way, or else done before, unless somebody wants it afresh."""
    if (twin := live_twin(work.key)) is not None:
        return Answer(twin, existing=True)
    if work.package.manifest.cacheable and not work.order.fresh and (done := finished_twin(work.key)) is not None:
        return Answer(done, cached=True, age_s=max(0.0, (timezone.now() - done.ended_at).total_seconds()))
    return None


def check_order(order: Order, content: Package | None = None) -> CheckedOrder:
    """Check an order completely. Writes nothing. `content`: what is to run, if not what the catalogue has now.

    Raises UnknownName or BadValue for what cannot be run, WrongState for a slot that takes nothing now, and while its
    station is being stopped.
    """
    return find_place(check_work(order, content))


def check_work(order: Order, content: Package | None = None) -> Work:
    """Check what is to be done. Writes nothing. Raises UnknownName or BadValue, WrongState for a dataset that cannot be
    worked on now.
    """
    package, parameters, options = check_task(order, content)
    named = {"dataset": order.dataset, "target_dataset": order.target_dataset}
    datasets = find_datasets(package.manifest, named)
    key = work_key(package, parameters, order.subject, datasets, options)
    return Work(order, package, parameters, datasets, options, key)


def check_task(
    order: Order, content: Package | None = None
) -> tuple[Package, dict[str, Any], ItemsOptions | dict[str, Any]]:
    """Check what is to be done, whatever it is done with; return package, parameters and options of items."""
    check_label("name", order.name, LONGEST_NAME)
    check_label("subject", order.subject, LONGEST_SUBJECT)
    package = content or find_package(order.sequence)
    check_may_start(package)
    return package, _resolve(package, order.parameters), checked_options(package.manifest, vars(order))


def find_place(work: Work) -> CheckedOrder:
    """Find who does it. Raises as `check_order`."""
    order, package = work.order, work.package
    bound = station_of(work.datasets)
    station, slot = choose_slot(package.name, package.manifest.instruments, order.slot, wait=order.wait, station=bound)
    check_not_stopping(station.pk)
    return CheckedOrder(work, station, slot)


def enqueue(
    checked: CheckedOrder, *, by: Actor, trigger: Batch.Trigger, reason: str, origin: Origin | None = None
) -> Batch:
    """Effects, in order: the content of its package in the store, Batch, its Stream, a ControlEvent, a line in the
    batch's story and on the board, a bell. Raises WrongState when the content cannot be kept, TwinIsLive where the same
    work is being done.
    """
    keep_content(checked.work.package)
    with transaction.atomic():
        hold_datasets(checked.work.datasets)
        batch = _create_alone(checked, by, trigger, origin)
        _record(batch, by, reason)
        for woken in slots_to_wake(batch):
            ring_slot(woken)
    return batch


def trigger_of(by: Actor) -> Batch.Trigger:
    """What made somebody's batch begin, by the face through which he asked."""
    return Batch.Trigger.API if by.face == ControlEvent.Face.API else Batch.Trigger.MANUAL


def _resolve(package: Package, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = resolve_parameters(package.manifest.parameters, dict(given))
    except ParameterError as error:
        raise BadValue("\n".join(problem.said(_) for problem in error.problems)) from error
    check_size(parameters)
    return parameters


def check_size(parameters: Mapping[str, Any]) -> None:
    """Raises BadValue for parameters that no guard could be told."""
    if len(json.dumps(parameters)) > PARAMETERS_LIMIT:
        raise BadValue(
            _("The parameters take more than %(limit)d KiB. Put large data into a file.")
            % {"limit": PARAMETERS_LIMIT // 1024}
        )


def _create_alone(checked: CheckedOrder, by: Actor, trigger: Batch.Trigger, origin: Origin | None) -> Batch:
    """Raises TwinIsLive when another batch with the same key was first, which the database decides."""
    try:
        with transaction.atomic():
            return _create(checked, by, trigger, origin)
    except IntegrityError:
        recovered = origin is not None and origin.kind == Batch.OriginKind.RECOVERY
        if recovered and origin.batch.followers.filter(origin_kind=Batch.OriginKind.RECOVERY).exists():
            raise  # not for its work: somebody else was faster
        twin = newest_twin(_key(checked.work, origin))
        if twin is None:
            raise
        raise TwinIsLive(twin) from None


def _name(work: Work) -> str:
    """Of a batch that nobody gave one: its sequence, and the subject or the datasets that it is about."""
    about = work.order.subject or " / ".join(dataset.name for dataset in work.datasets.values())
    return " ".join(filter(None, [work.package.title[:99], about[:LONGEST_SUBJECT]]))


def _create(checked: CheckedOrder, by: Actor, trigger: Batch.Trigger, origin: Origin | None) -> Batch:
    work = checked.work
    order, package = work.order, work.package
    batch = Batch.objects.create(
        name=order.name or _name(work),
        subject=order.subject,
        sequence=package.name,
        version=package.version,
        kind=package.manifest.kind[:40],
        concurrent=package.manifest.concurrent,
        sha256=package.sha256,
        package=origin.batch.package if origin else str(package.path),
        parameters=work.parameters,
        dataset=work.datasets.get("dataset"),
        target_dataset=work.datasets.get("target_dataset"),
        items_options=work.items_options,
        work_key=_key(work, origin),
        units=_units(package.manifest),
        limits=package.manifest.limits,
        **_bounds(package.manifest, checked.station),
        station=checked.station,
        slot=checked.slot,
        priority=order.priority,
        trigger=trigger,
        created_by=by.user,
        submitted_by=by.name,
        station_configuration=checked.station.configuration,
        expected_s=usual_duration_s(package, work.parameters),
        **{"restarts_left": package.manifest.restartable, **_following(origin)},
    )
    Stream.objects.create(name=stream_of(batch.pk), batch=batch)
    return batch


def _key(work: Work, origin: Origin | None) -> str:
    """Empty for what takes results over that were not for the same work: somebody skipped or changed something there,
    or its datasets were others.
    """
    takes_over = origin is not None and origin.carried is not None
    return "" if takes_over and origin.batch.work_key != work.key else work.key


def _units(manifest: Manifest) -> dict[str, str]:
    """Of the parameters that have one, kept with the batch: the manifest may say something else tomorrow."""
    return {name: declared["unit"] for name, declared in manifest.parameters.items() if declared.get("unit")}


def _bounds(manifest: Manifest, station: Station) -> dict[str, Any]:
    """The rungs of the ladder and the limits of one run: the sequence's word within the station's."""
    ladder = effective_ladder(
        station.configuration,
        stop_grace_s=manifest.stop_grace_s,
        term_grace_s=manifest.term_grace_s,
        deadline_grace_s=manifest.deadline_grace_s,
    )
    return {
        "stop_grace_s": ladder.stop_grace_s,
        "term_grace_s": ladder.term_grace_s,
        "deadline_grace_s": ladder.deadline_grace_s,
        "resources": effective_resources(station.configuration, manifest.resources),
    }


def _following(origin: Origin | None) -> dict[str, Any]:
    """What a batch has from the one before it. An automatic restart uses one of those that were left."""
    if origin is None:
        return {}
    columns = {"origin": origin.batch, "origin_kind": origin.kind, "carried": origin.carried}
    if origin.kind == Batch.OriginKind.RECOVERY:
        columns["restarts_left"] = origin.batch.restarts_left - 1
    if origin.kind == Batch.OriginKind.RESTART:  # its place is that of the one which was stopped for it
        columns["queued_as_of"] = origin.batch.queued_as_of
    return columns


def usual_duration_s(package: Package, parameters: Mapping[str, Any]) -> float | None:
    """The median duration of the last runs that went to their end, in seconds; None without any.

    Runs with other parameters tell nothing: a burn-in takes as long as somebody wants. Nor do manual sessions.
    """
    if package.name == MANUAL_CONTROL:
        return None
    ended = Batch.objects.filter(sequence=package.name, version=package.version, state=State.COMPLETED)
    rows = ended.order_by("-pk").values_list("parameters", "started_at", "ended_at")[:LOOKED_AT]
    times = [(end - begin).total_seconds() for given, begin, end in rows if given == parameters]
    return statistics.median(times[:USUAL_OF]) if times else None


def _record(batch: Batch, by: Actor, reason: str) -> None:
    kind = ControlEvent.Kind.BATCH_START
    event = record_control_event(kind, by=by, reason=reason, batch=batch, at_once=True, after={"state": batch.state})
    data = {**told(event), "slot": batch.slot_id}
    if batch.origin_id:
        data |= {"origin": str(batch.origin_id), "origin_kind": batch.origin_kind}
    tell_batch(batch.pk, Entry(Kind.BATCH_QUEUED, f"Queued by {by.name}", at=event.requested_at, data=data))
    tell_board(batch, Kind.BATCH_QUEUED)


def _record_asked_again(answer: Answer, by: Actor, reason: str) -> None:
    """Once for each who asks: a script that asks every second would crowd out what people did with the batch."""
    kind, state = ControlEvent.Kind.BATCH_START, {"state": answer.batch.state}
    details = {"asked_again": True}
    mine = ControlEvent.objects.filter(batch=answer.batch, kind=kind, by=by.name, face=by.face)
    if any(known == details for known in mine.values_list("details", flat=True)):
        return
    record_control_event(kind, by=by, reason=reason, batch=answer.batch, at_once=True, after=state, details=details)


def slots_to_wake(batch: Batch) -> list[Slot]:
    """The batch's own slot, or one lane; a busy lane looks for more work by itself when it is done."""
    if batch.slot is not None:
        return [batch.slot]
    return [lane for lane in open_slots(Slot.Kind.LANE) if lane.station_id == batch.station_id][:1]
