# SPDX-License-Identifier: Apache-2.0
"""VNC consoles: a guest's text terminal drawn as a picture.

A z/VM guest has no graphics device. :mod:`.screen` keeps the terminal's screen and draws it, :mod:`.rfb`
speaks the protocol of VNC without I/O, :mod:`.keys` says what a key types, :mod:`.consoles` joins them to a
caller and the guest's terminal.
"""
