"""MkDocs' hook: adds the reference, made of the code, to the pages of `docs/`."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs_site.reference import pages


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, content in pages(Path(config.config_file_path).parent).items():
        files.append(File.generated(config, path, content=content))
    return files
