# SPDX-License-Identifier: Apache-2.0
"""Sphinx configuration."""

from zvm import __version__

project = "nova-zvm"
copyright = "the nova-zvm contributors"
version = release = __version__
extensions = ["openstackdocstheme", "oslo_config.sphinxext"]
html_theme = "openstackdocs"
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_use_storyboard = False
html_show_sourcelink = False
nitpicky = False
