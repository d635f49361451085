"""The settings of a project: services and pages."""
