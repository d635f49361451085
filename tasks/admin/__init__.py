"""The board in Django's admin: everything to read, and what may be changed goes through the services."""

from django.contrib import admin

from tasks.admin import history, imports, people, projects, search, tasks, thread

__all__ = ["history", "imports", "people", "projects", "search", "tasks", "thread"]

admin.site.site_header = admin.site.site_title = "Mission Control"
admin.site.index_title = "Everything there is"
