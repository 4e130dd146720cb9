# SPDX-License-Identifier: Apache-2.0
"""One declaration per SMAPI function, a module per family."""
