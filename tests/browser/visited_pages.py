"""Every page that a person can open, with something on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.browser.web_station import WebStation
from tests.control.datasets.pictures import picture

OPEN_DIALOG = ".g-dialog:popover-open"


@dataclass(frozen=True)
class Story:
    """Batches and datasets of every kind, so that no page is empty."""

    passed: str
    failed: str
    stopped: str
    aborted: str
    kept: str
    dataset: str
    receiving: str


def tell_story(web: WebStation) -> Story:
    passed = web.submit(subject="SN-0001", slot="demo/slot-1", parameters={"burn_in_time": 0.5})
    failed = web.submit(subject="SN-0002", slot="demo/slot-2", parameters={"current_limit": 0.1, "burn_in_time": 0.5})
    web.wait_for(passed, "COMPLETED")
    web.wait_for(failed, "COMPLETED", "FAILED")
    stopped, aborted = (web.submit(subject=subject, slot="demo/slot-1") for subject in ("SN-0003", "SN-0004"))
    web.wait_for(stopped, "RUNNING")
    web.post(f"/api/control/batches/{stopped}/stop/", reason="wrong board")
    web.wait_for(stopped, "STOPPED")
    web.wait_for(aborted, "RUNNING")
    web.post(f"/api/control/batches/{aborted}/emergency-stop/", reason="smoke")
    web.wait_for(aborted, "ABORTED")
    web.post("/api/reset/", all=True, reason="board removed")
    order = {"sequence": "board_test", "slot": "demo/slot-1", "subject": "SN-0005"}
    web.post("/api/schedules/", name="nightly", action="RUN_SEQUENCE", order=order, cron="30 2 * * *")
    web.post("/api/sequences/step_loop/disable/", reason="its limits are wrong")
    manual = "/api/slots/demo/slot-2/manual/"
    web.post(manual, action="begin", reason="ripple")
    web.post(manual, action="set", instrument="supply", command="voltage", value=5)
    web.post(manual, action="raw", instrument="supply", text="VOLT?")
    web.post(manual, action="end")
    kept = web.submit("keeper", subject="SN-0006")
    web.wait_for(kept, "COMPLETED")
    pictures = {
        "a.jpg": picture(),
        "b/c.png": picture(kind="PNG"),
        "empty.png": b"",
        "renamed.jpg": b"text",
        "notes": b"x",
    }
    dataset = web.upload("tiles", pictures)
    receiving = web.post("/api/datasets/", name="half sent")["id"]
    return Story(passed, failed, stopped, aborted, kept, dataset, receiving)


def addresses(story: Story) -> dict[str, str]:
    """Name of each page -> its address."""
    rows = (
        "batch",
        "step",
        "measurement",
        "attachment",
        "event",
        "controlevent",
        "errorlog",
        "stream",
        "schedule",
        "apikey",
    )
    return {
        "overview": "/control/",
        "batch-passed": f"/control/batches/{story.passed}/",
        "batch-failed": f"/control/batches/{story.failed}/",
        "batch-stopped": f"/control/batches/{story.stopped}/",
        "batch-aborted": f"/control/batches/{story.aborted}/",
        "batch-with-files": f"/control/batches/{story.kept}/",
        "batch-unknown": "/control/batches/01900000-0000-7000-8000-000000000000/",
        "comparison": f"/control/batches/{story.failed}/compare/{story.passed}/",
        "comparison-differences": f"/control/batches/{story.failed}/compare/{story.passed}/?only=differences",
        "choose-comparison": f"/control/batches/{story.failed}/compare/?with=Board",
        "choose-sequence": "/control/batches/new/",
        "new-batch": "/control/batches/new/?sequence=board_test",
        "datasets": "/control/datasets/",
        "dataset": f"/control/datasets/{story.dataset}/",
        "dataset-problems": f"/control/datasets/{story.dataset}/?only=problems",
        "dataset-receiving": f"/control/datasets/{story.receiving}/",
        "dataset-unknown": "/control/datasets/01900000-0000-7000-8000-000000000000/",
        "sequences": "/control/sequences/",
        "sequences-none-found": "/control/sequences/?q=nothing+like+this",
        "sequence": "/control/sequences/board_test/",
        "sequence-disabled": "/control/sequences/step_loop/",
        "sequence-unknown": "/control/sequences/nothing_like_this/",
        "system": "/control/system/",
        "queue": "/control/queue/",
        "workers": "/control/workers/",
        "statistics": "/control/statistics/",
        "slot": "/control/slots/demo/slot-2/",
        "slot-lane": "/control/slots/demo/lane-1/",
        "slot-unknown": "/control/slots/demo/nothing-like-this/",
        "login-link": "/control/login-link/",
        **{f"admin-{row}": f"/admin/control/{row}/" for row in rows},
        "admin-events-of-batch": f"/admin/control/event/?batch={story.passed}",
        "admin-batch-detail": f"/admin/control/batch/{story.failed}/change/",
        "admin-new-key": "/admin/control/apikey/add/",
        "admin-new-schedule": "/admin/control/schedule/add/",
        **{f"admin-{row}": f"/admin/stations/{row}/" for row in ("station", "slot", "instrument")},
        "admin-users": "/admin/auth/user/",
        "admin-user": "/admin/auth/user/add/",
        "admin-groups": "/admin/auth/group/",
        "admin-password": "/admin/password_change/",
    }


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def visit(login: Callable[..., Page], pages: dict[str, str], **options: Any) -> Iterator[tuple[str, Page]]:
    """Every page with its name, one after the other in one window."""
    window = login("administrator", **options)
    # A page that is not there complains in the browser's console, as it should.
    beside = login("administrator", complain=False, **options)
    for name, address in pages.items():
        yield name, opened(beside if name.endswith("-unknown") else window, address)


def open_dialogs(page: Page) -> Iterator[str]:
    """Open every dialog that the page of a batch offers now, one after the other; the word of each."""
    for word in ("skip", "settings", "restart", "resume", "rerun"):
        button = page.locator(f"#content [data-control={word}]:not([hidden])")
        if not button.count():
            continue
        if button.locator("xpath=ancestor::details").count():
            page.locator("#content details.b-menu > summary").click()
        button.click()
        page.locator(f"#{word}-dialog:popover-open").wait_for()
        yield word
        page.keyboard.press("Escape")
