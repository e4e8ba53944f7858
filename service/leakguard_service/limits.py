"""Numbers that bound or tune the service, each with its unit and reason."""

from typing import Final

JOB_ATTEMPTS: Final = 3
"""A job that failed this often would fail for ever: it is given up, and that is said."""

JOB_BACKOFF_SECONDS: Final = (5.0, 60.0)
"""Before the second and the third attempt."""

LEASE_SECONDS: Final = 30.0
"""A worker that has not said for so long that it lives is dead: others take over its jobs."""

BEAT_SECONDS: Final = 5.0
"""How often a worker says that it lives, and looks for dead ones."""

POLL_SECONDS: Final = 0.25
"""How often an idle worker looks for jobs: half of it is the mean time until one begins."""

POLL_SLOW_SECONDS: Final = 0.5
"""The same for jobs that nobody waits for: each look is a question to the database."""

STOP_SECONDS: Final = 5
"""How long an ending process lets its jobs end: containers are killed after ten."""

OUTAGE_SECONDS: Final = 15.0
"""Before a job is tried again whose database or disk was not there: that is not its fault."""

STRAY_SECONDS: Final = 60.0
"""A job that a living worker has claimed, but has not been doing for so long, is freed. Machines
under load take seconds from one to the other, and a job that is freed too early runs twice."""

CALM_SECONDS: Final = 60.0
"""A job in which processes have died has its last attempt only in one that has lived so long: when
processes are killed one after the other, that is not the job's doing."""

LATER_SECONDS: Final = 86_400.0
"""The longest that a job waits for another try, whatever a forge asks for."""

STEP_BYTES: Final = 1024 * 1024
"""Of a step's result as JSON: it is kept in the database, in a row that is read as a whole."""

LOST_ROWS: Final = 500
"""Jobs that are compared with the engine's own tables at one beat; the next takes the next ones."""

SAID_SECONDS: Final = 10.0
"""Between two messages of the engine from the same place: with the database away there are many."""

ENGINE_HOURS: Final = 24
"""How long the engine's own rows of ended jobs are kept: people see those of the table job."""

ENGINE_ROWS: Final = 500
"""Such rows that are removed at one time, which is once a minute."""

PAGE: Final = 50
"""Rows on a page, and annotations in a request to GitHub."""

PAGE_MOST: Final = 200
"""Rows that the API gives at once."""

COMMENT_CHARACTERS: Final = 4_000
"""Of a comment on a finding: it goes into mails and tickets."""

CONTEXT_CHARACTERS: Final = 2_000
"""Of the masked lines around a finding: nine of 160 characters fit."""

BULK_FINDINGS: Final = 200
"""Findings that one action changes: each takes some
milliseconds, and SQLite has one writer at a time."""

REPORTS_PER_ACTION: Final = 50
"""Commits whose checks follow one action; the newest ones. More would be seen by nobody."""

DUE_AT_ONCE: Final = 200
"""Dismissals whose end has passed that one transaction opens again."""

FINDINGS_PER_WRITE: Final = 200
"""Findings stored in one transaction: SQLite has one writer, and deliveries wait for it."""

SKIPS_KEPT: Final = 200
"""Skipped things that are kept of a scan; the others are counted."""

PATH_BYTES: Final = 1_500
"""Of a stored path: PostgreSQL indexes at most 2,704 bytes, and other columns are in the index."""

MARKS_SENT: Final = 500
"""Places shown at a commit: ten requests of 50 annotations. The others are counted."""

SUMMARY_ROWS: Final = 50
"""Findings in the table of a check's summary."""

SUMMARY_SKIPS: Final = 20
"""Skipped things named in a check's summary."""

SUMMARY_CHARACTERS: Final = 60_000
"""Of a check's summary: GitHub takes 65,535, and a forge may add a line."""

RECONCILED_REFS: Final = 200
"""Refs that one reconciliation has scanned; the next one goes on."""

RETRY_FAILED_SECONDS: Final = 3_600.0
"""Before a reconciliation queues a push or backfill again that was given up."""

PLACES_CHECKED: Final = 20_000
"""Places of a repository of which a scan asks whether a branch still holds them, newest first."""

INVENTORY_MOST: Final = 100_000
"""Repositories of a connection that are listed; more is said to be incomplete."""

INVENTORY_SECONDS: Final = 21_600.0
"""How often a connection's repositories are listed: installation events tell of most changes."""

TICK_SECONDS: Final = 5.0
"""How often a process looks for what is due."""

DUE_REPOSITORIES: Final = 50
"""Repositories whose reconciliation or scan one tick queues: the others are due at the next."""

RENEWED_SCANS: Final = 50
"""Reports of one tenant that one tick renews."""

RETENTION_ROWS: Final = 1_000
"""Old rows that one transaction removes."""

RETENTION_SECONDS: Final = 600.0
"""How often old rows are looked for."""

UNSURE_SECONDS: Final = 600.0
"""After a message should have been sent: one that its job did not take up by then has no job."""

BODY_SECONDS: Final = 15.0
"""A delivery's body must have come by then: forges send at once and wait ten seconds for us."""

BODIES_BYTES: Final = 256 * 1024 * 1024
"""All bodies of deliveries that are held in memory at one time; more have to come again."""

DELIVERY_THREADS: Final = 12
"""Deliveries that are written at one time: fewer than a database's connections."""

DELIVERIES_WAITING: Final = 1_000
"""Deliveries that wait for a thread; a forge gives up before the next one is done."""

CONNECTIONS_TRIED: Final = 20
"""Connections whose secrets are tried for an address that names none: each is a hash of 25 MB."""

EVENT_REPOSITORIES: Final = 500
"""Repositories that are taken from one delivery; the forge is asked for the others."""

EVENT_REFS: Final = 500
"""Refs that are taken from one delivery; more are found by comparing with the forge."""

TRANSACTION_TRIES: Final = 3
"""A transaction that another one got in the way of is begun this often."""

TENANT_USERS: Final = 10_000
"""More is no list of people any longer."""

TENANT_TOKENS: Final = 1_000
"""API tokens that are not revoked: somebody makes one for each run of a pipeline otherwise."""

TENANT_CONNECTIONS: Final = 200

TENANT_CHANNELS: Final = 200
"""Each change asks all of them."""

TENANT_VIEWS: Final = 200
"""Saved views of one person: they are a menu."""

SECRET_DAYS: Final = 7.0
"""How long a webhook secret that was replaced is still good: time to enter the new one."""

ANSWER_BYTES: Final = 8 * 1024 * 1024
"""Of one answer of a forge or receiver, unpacked: a page of 100 repositories is under 1 MiB."""

ANSWER_SECONDS: Final = 30.0
"""From a request to the end of its answer, with all tries and redirects."""

CONNECT_TRIES: Final = 3
"""How often a connection is tried before the job waits."""

WAIT_SECONDS: Final = (60.0, 3_600.0)
"""The shortest and the longest wait for a rate limit: no forge's window is longer."""

FORGE_PAGES: Final = 1_000
"""Pages of 100 repositories that are asked for, at most."""

NOTIFY_SENDING_SECONDS: Final = 180.0
"""A message that was begun to be sent so long ago was not: its process was killed. All requests of
one message together take less."""

NOTIFY_BACKOFF_SECONDS: Final = (10.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0)
"""Before each further attempt to send a message: a receiver may be down for half a day."""

NOTIFY_WAIT_SECONDS: Final = 86_400.0
"""The longest that a receiver can make a message wait."""

NOTIFY_ORDER_SECONDS: Final = 3_600.0
"""How long a message waits for an older one about the same issue."""
