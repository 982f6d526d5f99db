"""Dates and times in Korean."""

from __future__ import annotations

DATE_FORMAT = "Y년 n월 j일"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "Y년 n월 j일 H:i:s"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i:s"
