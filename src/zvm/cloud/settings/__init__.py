# SPDX-License-Identifier: Apache-2.0
"""What each service is told: a module per service, a function from the layout to groups of options."""
