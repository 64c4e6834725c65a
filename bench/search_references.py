"""What others make of the same products and queries: Tantivy alone, PostgreSQL's full-text search.

python -m bench.search_references build PRODUCTS INDEX > SECONDS.json
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import tantivy
from psycopg2.extras import execute_values
from tantivy import Occur, Query

from bench.processes import running
from bench.search_products import batches
from emporium import postgres
from emporium.ports import free_port

HEAP_BYTES = 1_000_000_000
N_FOUND = 10
FIELDS = ("title", "description", "brand", "category_path")
ROWS = "insert into products (product_id, title, description, brand, category_id, price_cents) values %s"
TABLE = """
create table products (product_id bigint primary key, title text, description text, brand text,
                       category_id bigint, price_cents bigint)
"""
INDEX = """
alter table products add column words tsvector generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', coalesce(brand, '')), 'B')
    || to_tsvector('english', description)) stored;
create index on products using gin (words);
analyze products
"""
SEARCH = """
with found as materialized (
    select product_id, category_id, title, price_cents, ts_rank(words, query) as score
    from products, plainto_tsquery('english', %s) as query where words @@ query
), best as (select * from found order by score desc, product_id limit 10),
facets as (select category_id, count(*) as n from found group by category_id)
select (select json_agg(best) from best), (select json_agg(facets) from facets)
"""


def build_tantivy(products: Path, folder: Path) -> tuple[float, float]:
    """Index title, description, brand and category with Tantivy's defaults; return the seconds, and the processors'."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name)
    builder.add_integer_field("product_id", stored=True, fast=True)
    builder.add_integer_field("category_id", fast=True)
    builder.add_integer_field("price_cents", fast=True)
    builder.add_text_field("title_stored", stored=True, tokenizer_name="raw", index_option="basic")
    folder.mkdir(parents=True)
    rows = [row for batch in batches(products) for row in batch.to_pylist()]
    began, taken = time.perf_counter(), time.process_time()
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=2)
    for row in rows:
        fields = {name: row[name] for name in (*FIELDS, "product_id", "category_id", "price_cents")}
        writer.add_document(tantivy.Document(**fields, title_stored=row["title"]))
    writer.commit()
    writer.wait_merging_threads()
    return time.perf_counter() - began, time.process_time() - taken


def tantivy_search(folder: Path) -> Callable[[str], None]:
    """Return a search for the ten best with all words, as stored, and counts of their categories."""
    index = tantivy.Index.open(str(folder))
    index.reload()
    schema, searcher = index.schema, index.searcher()
    facets = {"category": {"terms": {"field": "category_id", "size": 100}}}

    def search(text: str) -> None:
        words = [
            (
                Occur.Must,
                Query.disjunction_max_query(
                    [Query.term_query(schema, name, word, "freq") for name in FIELDS], 0.3
                ),
            )
            for word in text.lower().split()
        ]
        query = Query.boolean_query(words)
        for _, address in searcher.search(query, limit=N_FOUND).hits:
            searcher.doc(address)
        searcher.aggregate(query, facets)

    return search


@contextlib.contextmanager
def postgres_search(products: Path, folder: Path) -> Iterator[Callable[[str], None]]:
    """Run PostgreSQL with the products; give the same search of it."""
    postgres.initialise(folder)
    port = free_port()
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]

    def is_ready() -> bool:
        return subprocess.call(probe) == 0  # noqa: S603 - our own

    with running(postgres.command(folder, port), folder.with_suffix(".log"), is_ready):
        connection = psycopg2.connect(postgres.url(port, "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
            names = ("product_id", "title", "description", "brand", "category_id", "price_cents")
            for batch in batches(products):
                rows = [tuple(row[name] for name in names) for row in batch.to_pylist()]
                execute_values(cursor, ROWS, rows, page_size=5_000)
            cursor.execute(INDEX)

            def search(text: str) -> None:
                cursor.execute(SEARCH, (text,))
                cursor.fetchall()

            yield search
        connection.close()


def main() -> None:
    """Build Tantivy's index in a process of its own."""
    _, _, products, folder = sys.argv
    seconds, processor_seconds = build_tantivy(Path(products), Path(folder))
    json.dump({"seconds": seconds, "processor": processor_seconds}, sys.stdout)


if __name__ == "__main__":
    main()
