# SPDX-License-Identifier: Apache-2.0
"""The z/VM user directory as a language: text in, text out."""
