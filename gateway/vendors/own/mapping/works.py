"""Own's jobs: their status words are not documented, so that known ones are those in common use."""

from typing import Any

from msgspec import Struct

from ....domain.jobs import JobStatus, JobValues, ListedJob
from ....upstream.exchange import Reply
from .reading import array, convert, id_of

_WORDS = {
    JobStatus.WAITING: "created enqueued new pending queued scheduled submitted waiting",
    JobStatus.RUNNING: "active executing inprogress processing progress running started working",
    JobStatus.DONE: "complete completed done finished ok succeeded success successful",
    JobStatus.FAILED: "aborted canceled cancelled error errored failed failure timeout",
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}


class _Job(Struct):
    id: Any
    title: Any = None
    status: Any = None
    progress: Any = None
    results: Any = None


class _Started(Struct):
    job_id: Any = None


def started(reply: Reply) -> str:
    """Own's id of the job that a write began."""
    return id_of(convert(reply.json, _Started).job_id, "job_id")


def job(reply: Reply) -> JobValues:
    """One job."""
    return _values(convert(reply.json, _Job))


def jobs(reply: Reply, region: str = "") -> tuple[ListedJob, ...]:
    """A region's jobs, their ids qualified by the region; one without an id spoils the list."""
    listed = (convert(item, _Job) for item in array(reply))
    return tuple(ListedJob(f"{region}/{id_of(raw.id, 'id')}", _values(raw)) for raw in listed)


def status_of(word: Any) -> JobStatus:
    """The state that a word of Own's means, whatever its case and separators; UNKNOWN if none."""
    if not isinstance(word, str):
        return JobStatus.UNKNOWN
    return _STATUSES.get("".join(filter(str.isalpha, word.lower())), JobStatus.UNKNOWN)


def progress_of(number: Any, status: JobStatus) -> float | None:
    """How much is done, in [0, 1]: above 1 it is told in percent, else as a share.

    1 is all of it once the job is done, and one percent before. None for what is no number.
    """
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if number > 1 or (number == 1 and status is not JobStatus.DONE):
        return min(number, 100) / 100
    return float(max(number, 0))


def _values(raw: _Job) -> JobValues:
    status = status_of(raw.status)
    title = raw.title.strip() if isinstance(raw.title, str) else ""
    return JobValues(
        title=title or f"Job {id_of(raw.id, 'id')} of Own",
        status=status,
        progress=progress_of(raw.progress, status),
        results=_results(raw.results),
    )


def _results(raw: Any) -> tuple[str, ...]:
    """The words of a result: a list of strings by the vendor page; what is no text is left out."""
    listed = raw if isinstance(raw, list) else [raw]
    return tuple(one for one in listed if isinstance(one, str) and one)
