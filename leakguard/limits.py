"""Every number that bounds or tunes the work, with its unit and its reason."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

WINDOW_BYTES: Final = 2 * MIB
"""Bytes of many blobs that one matcher call looks at: large enough that the call itself costs
nothing, small enough that git goes on writing into its pipe while a window is taken apart.
Measured: 5 % faster than 8 MiB over a history of 1 GB."""

WINDOWS_IN_FLIGHT: Final = 6
"""Windows that are matched while the next ones are read. Each one costs WINDOW_BYTES of memory."""

OVERLAP_BYTES: Final = 64 * KIB
"""Bytes that two segments of one large blob share, so that no match is cut. No secret we know is
longer: an RSA-16384 private key in PEM takes 13 KiB."""

CONTEXT_BYTES: Final = 4 * KIB
"""Bytes kept before the owned part of a segment, for word borders, partners and line context."""

FINDER_BYTES: Final = 64
"""Shortest length of a match after which the automaton stops looking and leaves the rest to the
confirming regex. Hyperscan refuses large counted repeats of wide classes."""

FINDER_LITERALS: Final = 3
"""Fixed bytes in a row that make a finder rare enough; with fewer, a later part is looked for."""

FINDER_LEAD_BYTES: Final = 24
"""Bytes of a wide class that are looked at before the fixed characters behind it."""

OPEN_REPEAT_BYTES: Final = 256
"""Length that an open repeat (`*`, `+`) inside a pattern is taken to have at most when the start
of a match is looked for, in bytes."""

BACK_BYTES: Final = 8 * KIB
"""Farthest that the start of a match is looked for before the place where the automaton fired."""

MATCH_BYTES: Final = 16 * KIB
"""First guess of how far an open-ended match reaches, in bytes; doubled when a match fills it."""

CONTEXT_LINES: Final = 3
"""Lines before and behind a value on which its vendor's name counts: a block of settings."""

CONTEXT_ENTROPY: Final = 2.8
"""Least bits per character of a value whose vendor is named nearby, unless its rule says another:
random hex digits have 3.4 and more, dates and counters less."""

CONTEXT_VALUE_BYTES: Final = 250
"""Longest rest of a value behind its beginning, in bytes: vendors' keys have up to 200."""

CONTEXT_NAME_BYTES: Final = 400
"""Farthest a vendor's name is looked for to either side of a value, in bytes."""

PARTNER_BYTES: Final = 4 * KIB
"""Farthest a partner is looked for to either side, in bytes, however long the lines are."""

COMPOSITE_LINES: Final = 12
"""Lines between the parts of one credential: a Terraform block or a JSON key has ten."""

LINE_CONTEXT_BYTES: Final = 400
"""Bytes of the line to either side of a secret that filters may look at: minified files have one
line of megabytes."""

DECODE_DEPTH: Final = 3
"""Encodings within one another that are undone, from the outermost on."""

DECODE_STRETCH: Final = 64 * KIB
"""Bytes of base64, hex or UTF-16 to either side of a hit that are decoded; the next hit goes on."""

DECODE_HEAD: Final = 400
"""Characters of a base64 run that say whether it is a text: most are pictures and certificates."""

DECODE_BACK: Final = 256
DECODE_AHEAD: Final = 512
"""Bytes before and behind an escape in which others are undone. Stretches that meet are one."""

DECODE_INFLATED: Final = 4 * MIB
"""Inflated bytes of one stretch; more is a bomb or no text."""

DECODE_TOTAL: Final = 16 * MIB
"""Decoded bytes of one window at all depths, eight times what it holds itself; an attacker could
pack stretches that are read in each of the ways."""

PREVIEW_CHARACTERS: Final = 4
"""Characters of a secret shown at each end of a preview, at most."""

PREVIEW_SHARE: Final = 4
"""A preview shows at most one character of this many of the secret, in all."""

GIT_READERS: Final = 2
"""Git processes that inflate objects side by side. On two cores a third gains nothing."""

OBJECTS_PER_READER: Final = 2000
"""Fewer are read by one git: starting another would cost more than it brings."""

WINDOWS_READ_AHEAD: Final = 2
"""Windows that wait for the scan, for each git. Each one costs WINDOW_BYTES of memory."""

SHARED_BYTES: Final = 16 * MIB
"""Files that hold less in all are read by one process: a fork costs as much as a MiB."""

SHARED_GROUP_BYTES: Final = 2 * MIB
"""Bytes of files that a process takes at a time: a window. A larger file is taken by itself."""

WORKERS_MOST: Final = 8
"""Processes that read one source: each has some ten MiB of its own, and more cores are rare."""

CLAIMS_MOST: Final = 8192
"""Numbers of parts that wait in a pipe: it holds 64 KiB, and each takes four bytes."""

PACKED_OBJECTS: Final = 2000
"""With fewer objects in its packs, a repository is read by git: 10 ms of imports are not won."""

PACKED_BYTES: Final = 8 * MIB
"""Largest object that is made out of its pack here, and has a window of its own if it must; larger
ones stream out of git."""

PACKED_PARTS: Final = 64
"""Parts of a pack that processes take in turn: few enough that each fills windows, many enough that
all processes end at about the same time."""

PACKED_HELD_BYTES: Final = 32 * MIB
"""Bases that wait for more deltas, in all. In a real pack a path of deltas is 50 long at most, and
few of its objects have more than one delta."""

GIT_PIPE_BYTES: Final = MIB
"""Asked-for size of the pipe from git: sixteen times the default saves most context switches."""

PIPE_BYTES: Final = 4 * KIB
"""What every pipe takes before somebody reads it (POSIX: PIPE_BUF, at least 512; Linux: 4096)."""

GIT_REAP_SECONDS: Final = 2.0
"""How long a killed git is waited for: it ends at once, unless a program it started lives on."""

RULE_FILE_BYTES: Final = 8 * MIB
"""A larger rule file is refused: it is no rule file."""

REPEAT_MOST: Final = 1000
"""Largest count of a repeat that RE2 takes."""

RULE_NOTES_SHOWN: Final = 5
"""Notes on the rules that a scan prints; `leakguard rules check` prints all."""

RULES_TEST_BYTES: Final = 2 * MIB
"""Largest file that `leakguard rules test` reads: it says something of each line."""

RE2_MEMORY_BYTES: Final = 64 * MIB
"""What RE2 may take for one rule's automaton before it refuses the pattern."""

MATCHES_PER_PIECE: Final = 100_000
"""Matches of one rule in one blob after which the rest of them is skipped, with a Skip: a blob
made of tokens only is a test file or an attack on the scanner's memory."""

SEEN_STRETCHES: Final = 4096
"""Stretches around the hits of a rule whose matches are remembered: some hundred bytes each."""

SEEN_LINE_BYTES: Final = 4 * KIB
"""Rest of a line, behind a hit of a pattern without an end, up to which the line is remembered:
whoever copies lines of megabytes at each hit takes time by their square."""

SLOW_HASH_ROUNDS: Final = 20_000
"""PBKDF2 rounds for the fingerprint of a secret short enough to be guessed (about 10 ms)."""

SLOW_HASHES_TOGETHER: Final = 2
"""Secrets from which on several are hashed side by side: threads cost as much as one hash."""

GUESSABLE_CHARACTERS: Final = 20
"""A secret shorter than this is taken to be guessable, hence hashed slowly."""

GUESSABLE_MOST: Final = 100
"""A secret longer than this is not: a key, not what anybody has to type."""

GUESSABLE_BITS: Final = 64
"""Entropy of a whole secret below which it is taken to be guessable."""

PRAGMA_HEAD_BYTES: Final = 4096
"""Where a comment may stand that speaks for a whole file: a licence may come before it."""

PRAGMA_REASON_CHARACTERS: Final = 200
"""What is told of the reason in a comment."""

EXCERPT_LINES: Final = 3
"""Lines shown before and behind a finding."""

EXCERPT_MOST: Final = 12
"""Lines shown of a finding itself: a private key has fifty."""

EXCERPT_CHARACTERS: Final = 160
"""Characters shown of a line."""

SETTINGS_SECONDS: Final = 10
"""How long to wait for an organisation's settings: a commit may be waiting."""

MARKDOWN_ROWS: Final = 50
"""Findings in a Markdown summary: GitHub takes comments of up to 65,536 characters."""

CHART_ROWS: Final = 10
"""Bars of one chart; the rest is one more."""

BASELINE_BYTES: Final = 64 * MIB
"""Largest baseline or report of another tool that is read: a hundred thousand entries."""

EXPLAINED_BYTES: Final = 64 * MIB
"""Bytes of a file that `leakguard explain` looks for its line in."""

SKIPS_SHOWN: Final = 10
"""Skips that the text report lists before it only counts them."""

MATCHING_THREADS: Final = 2
"""Threads that run the automaton beside the one that reads. On two cores a third gains nothing."""

RECEIVE_SECONDS: Final = 30
"""Time for one push in a server's hook: somebody waits for it. Forges may give less: GitHub
Enterprise Server 5 s."""

RECEIVE_FINDINGS_SHOWN: Final = 3
"""Leaks that a server's hook names: with what to do about them they have to fit on one screen."""

CANARY_SECONDS: Final = 120
"""Time for a hook that is proved: it may run other tools' checks too, and compile the rules."""

AGENT_EVENT_BYTES: Final = 64 * MIB
"""Largest event of a coding assistant: it holds a file at most."""

AGENT_LEAKS_TOLD: Final = 5
"""Leaks that a coding assistant is told of: a model reads the answer."""

ADVICE_SHOWN: Final = 5
"""Files, and commits, for which a stopped commit or push gets commands; the rest is counted."""

REASON_CHARACTERS: Final = 500
"""Longest reason that is taken over into the audit log."""

MESSAGE_BYTES: Final = 8 * MIB
"""Largest message of a commit that the hook reads: people write some hundred bytes."""

ARTIFACT_TOTAL_BYTES: Final = 2048 * MIB
"""Inflated bytes of one top-level file, over all nesting; more is a bomb or not worth the time."""

ARTIFACT_WHOLE_BYTES: Final = 128 * MIB
"""A member that has to be held whole, because its format is read from its end or in jumps. Larger
ones are scanned as they stream by, but not opened."""

ARTIFACT_RATIO: Final = 200
"""Inflated bytes for each compressed one: text logs reach 50, zeros 1000."""

ARTIFACT_RATIO_FREE_BYTES: Final = 64 * MIB
"""Inflated bytes of one stream before its ratio counts."""

ARTIFACT_DEPTH: Final = 8
"""Containers in containers: an app in an archive in a package is five."""

ARTIFACT_MEMBERS: Final = 50_000
"""Members of one container; and four times as many of one top-level file."""

ARTIFACT_SECONDS: Final = 60
"""Time for one top-level file. A hook has ARTIFACT_HOOK_SECONDS."""

ARTIFACT_HOOK_SECONDS: Final = 10
"""A commit waits for this."""

ARTIFACT_HOOK_BYTES: Final = 512 * MIB
"""Inflated bytes of one top-level file in a hook."""

ARTIFACT_WINDOW_MEMORY: Final = 128 * MIB
"""For decompressors that take their window's size from the file: xz and lzma in bytes."""

ARTIFACT_REPLAY_BYTES: Final = 4 * MIB
"""Deflated bytes that are kept to be read again where one of them is damaged."""

ARTIFACT_METADATA_BYTES: Final = 8 * MIB
"""Largest member that is read for what it says about a build: a manifest, a profile."""

ARTIFACT_METADATA_MEMBERS: Final = 400
"""Metadata members kept of a container that streams by."""

ARTIFACT_FOLDERS: Final = 128
"""Folders in folders of a file system image: real ones have fewer than 40, and a path is built of
as many names."""

LEARNED_FILES: Final = 200
"""Manifests that are read to learn whose builds a repository's are."""

LEARNED_BYTES: Final = MIB
"""Largest manifest that is read."""

LEARNED_LISTING: Final = 20_000
"""Files of a folder that are looked through for manifests."""

ARTIFACT_NODES: Final = 500_000
"""Nodes of a log-structured file system: 128 MiB of real ones have a tenth."""

ARTIFACT_SQLITE_SECONDS: Final = 20
"""SQLite may look for the rows of one database so long: a damaged one can send it in circles."""

ARTIFACT_PDF_STREAM_BYTES: Final = 32 * MIB
"""Inflated bytes of one stream in a PDF: pages of text have some ten KiB, pictures are not read."""

ARTIFACT_PDF_BYTES: Final = 128 * MIB
"""Inflated bytes of all streams of one PDF that are read for text."""

ARTIFACT_PDF_OBJECTS: Final = 200_000
"""Objects of one PDF that are looked at: a book of a thousand pages has 20,000."""

ARTIFACT_CHUNKS: Final = 200_000
"""Chunks of one Android binary XML or resource table; manifests have hundreds, tables thousands."""

ARTIFACT_TEXTS: Final = 4_000_000
"""Texts of one table in an Android file; the largest real ones have some hundred thousand."""

ARTIFACT_TEXTS_GROWTH: Final = 4
"""Bytes of text that a table may give for each of its own: in a real one they hardly overlap, and
UTF-16 grows by half."""

ARTIFACT_REFERENCES: Final = 8
"""Resources that refer to one another before the value comes; Android itself stops at 20."""

ARTIFACT_TABLE_BYTES: Final = 32 * MIB
"""Largest resource table that is read for an app's name."""

ARTIFACT_PROTOBUF_DEPTH: Final = 256
"""Messages in messages: a layout in a bundle has two for each level of its views."""

ARTIFACT_PLIST_OBJECTS: Final = 500_000
"""Objects of a binary property list: each takes 3 µs, so that the largest takes 1.5 s."""

ARTIFACT_PROGRAM_BYTES: Final = 64 * MIB
"""Largest main program of an app that is read for its signature and load commands."""

VERSION_CHARACTERS: Final = 200
"""A longer version is none: real ones, with a commit and a date, have up to 60."""

SETTING_MOST: Final = 1_000_000
"""Largest number that a setting may have; in MiB or seconds no file is that large or slow."""

SETTING_DEPTH_MOST: Final = 32
"""Containers in containers that a setting may ask for: each one is a call within a call."""

ARTIFACT_CHILD_MEMORY: Final = 1024 * MIB
"""Address space of a program that unpacks for us: RAR's windows reach 256 MiB, and more is rare."""

TABLE_ROWS: Final = 25
"""Fewest rows that make a table one of customers: fixtures and examples have fewer."""

TABLE_SCORE: Final = 4
"""What the columns of a table must weigh: see data/profile.py."""

TABLE_SAMPLE_ROWS: Final = 500
"""Rows that are looked at: more say nothing more of what the columns hold."""

TABLE_SAMPLE_BYTES: Final = 256 * KIB
"""Bytes of a file in which these rows are looked for."""

TABLE_WHOLE_BYTES: Final = 64 * MIB
"""Largest Parquet or Avro file whose rows are looked at: how to read them stands at its end."""

EDM_MATCHES: Final = 5
"""Distinct values of an index in one file that are no chance."""

EDM_WEAK_MATCHES: Final = 25
"""As EDM_MATCHES, for names of two words, which other people and companies have as well."""

EDM_WEAK_LINES: Final = 4
"""Such names count when at least one line of this many holds one: a list is made of them."""

EDM_ROW_LINES: Final = 8
"""Lines within which two values of one record belong together: an object in JSON has several."""

EDM_SHARED: Final = 8
"""Records of a value that are looked at: the contacts of one company."""

EDM_COMMON: Final = 1000
"""Records that may share a value; what more of them have, such as a city, says nothing."""

EDM_ENOUGH: Final = 1000
"""Distinct values in one file after which no more are counted."""

EDM_WORDS: Final = 8
"""Words of a name that are looked at; what follows is cut off."""

EDM_KNOWN: Final = 100_000
"""Words, and pairs of them, of which is remembered whether a name begins with them: about 100 bytes
each."""

EDM_BLOCK: Final = 32 * KIB
"""Bytes of lines that are looked at in one go: most of them hold nothing."""

EDM_RECORDS: Final = 1 << 26
"""Records that an index can hold, and EDM_COLUMNS columns."""

EDM_COLUMNS: Final = 64

MARKER_NAMES: Final = 1000
"""Names that a settings file may have: each is a rule of its own."""

MARKER_ROUNDS: Final = 2000
"""PBKDF2 rounds for a hashed name: a word of that form is met now and then, so 1 ms a word."""
