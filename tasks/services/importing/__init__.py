"""Writing what the readers in `tasks.importing` found: `importer` leads, the others write one part each."""
