"""The tables of the library. SQL is the truth; everything else follows from it."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

SCHEMA_VERSION = 3
OUT_OF_USE = 0
"""The scope of passages whose document was removed or replaced."""
ACTIVE, REMOVED, REPLACED = "active", "removed", "replaced"
"""The statuses of a document."""
metadata = MetaData()

facts = Table("library", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False, index=True),
    Column("path", String, nullable=False, index=True),
    Column("sha256", String, nullable=False),
    Column("title", String, nullable=False),
    Column("publisher", String, nullable=False),
    Column("authority", String, nullable=False),
    Column("edition", String, nullable=False),
    Column("published", String, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("payer", String, nullable=False),
    Column("url", String, nullable=False),
    Column("licence", String, nullable=False),
    Column("basis", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("added_at", String, nullable=False),
    Column("by_hand", Text, nullable=False),
    Column("embedder", String, nullable=False),
    Column("policy", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("blocks", Text, nullable=False),
    Column("pages", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("changed_at", String, nullable=False),
    Index("documents_by_make", "status", "embedder", "policy"),
)

scopes = Table(
    "scopes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payer", String, nullable=False, index=True),
    Column("publisher", String, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
)

passages = Table(
    "passages",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("document_id", String, ForeignKey("documents.id"), nullable=False, index=True),
    Column("scope", Integer, nullable=False, index=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("header", Text, nullable=False),
    Column("first_page", Integer),
    Column("last_page", Integer),
    Column("named_codes", Text, nullable=False),
    Column("implied_codes", Text, nullable=False),
    Column("modifiers", Text, nullable=False),
    Column("payer", String, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("basis", String, nullable=False),
    Column("anchor", String, nullable=False, index=True),
    Column("conflicts", Text, nullable=False),
    Column("questions", Text, nullable=False),
    Column("places", Text, nullable=False),
)

passage_codes = Table(
    "passage_codes",
    metadata,
    Column("code", String, nullable=False),
    Column("passage", Integer, ForeignKey("passages.row"), nullable=False, index=True),
    Column("named", Integer, nullable=False),
    Column("scope", Integer, nullable=False),
    Index("codes_by_code", "code", "named", "scope", "passage"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("passage", Integer, ForeignKey("passages.row"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

token_vectors = Table(
    "token_vectors",
    metadata,
    Column("passage", Integer, ForeignKey("passages.row"), primary_key=True),
    Column("tokens", LargeBinary, nullable=False),
)

written_questions = Table(
    "written_questions",
    metadata,
    Column("path", String, primary_key=True),
    Column("passage", String, primary_key=True),
    Column("questions", Text, nullable=False),
)
"""Questions that a chat model wrote for passages, by the digest of a passage's text: they outlive a new version of its file."""

code_files = Table(
    "code_files",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("document_id", String, ForeignKey("documents.id"), nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("first_row", Integer, nullable=False),
    Column("last_row", Integer, nullable=False),
)
"""Documents that are exact tables: they have rows, numbered in one go, in place of passages."""

code_rows = Table(
    "code_rows",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("file", Integer, ForeignKey("code_files.number"), nullable=False),
    Column("code", String, nullable=False),
    Column("second", String, nullable=False),
    Column("value", String, nullable=False),
    Column("valid_from", Integer),
    Column("valid_to", Integer),
    Column("number", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Index("code_rows_by_code", "code", "second", "file"),
    Index("code_rows_by_second", "second", "file", sqlite_where=text("second <> ''")),
)
"""Days are numbers, yyyymmdd; a million rows are a usual file."""

code_texts = Table(
    "code_texts",
    metadata,
    Column("file", Integer, ForeignKey("code_files.number"), primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)
"""The canonical text of a code file in pieces that tile it, so that a row is read without the rest."""

erasures = Table(
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False, index=True),
    Column("first_row", Integer, nullable=False),
    Column("last_row", Integer, nullable=False),
)

LEXICAL_DDL = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS lexical USING fts5(body, section, codes, tokenize = 'porter unicode61 remove_diacritics 2')"
)
