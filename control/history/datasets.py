"""What is told of datasets and their files, under the names of the API."""

from __future__ import annotations

from control.datasets.problems import told_problem
from control.history.facts import Facts, iso
from control.models import Dataset, DatasetFile


def dataset_facts(dataset: Dataset) -> Facts:
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "kind": dataset.kind,
        "location": dataset.location,
        "station": dataset.station_id,
        **dataset_status(dataset),
        "total_bytes": dataset.total_bytes,
        "sha256": dataset.sha256,
        "created_by": dataset.submitted_by,
        "created_at": iso(dataset.created_at),
        "read_at": iso(dataset.read_at),
    }


def dataset_status(dataset: Dataset) -> Facts:
    """How far it is."""
    return {
        "state": dataset.state,
        "message": told_problem(dataset.message),
        "progress": round(read_part(dataset), 4),
        "total_files": dataset.total_files,
        "read_files": dataset.read_files,
        "bad_files": dataset.bad_files,
    }


def read_part(dataset: Dataset) -> float:
    """How much of it is read, from 0 to 1."""
    if dataset.state == Dataset.State.READY:
        return 1.0
    return dataset.read_files / dataset.total_files if dataset.total_files else 0.0


def file_facts(file: DatasetFile) -> Facts:
    return {
        "index": file.index,
        "path": file.path,
        "size": file.size,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "width": file.width,
        "height": file.height,
        "problem": told_problem(file.problem),
    }
