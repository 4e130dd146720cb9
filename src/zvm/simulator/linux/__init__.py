# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for the commands on the Linux of a zHCP, for foreign tools that are to use the simulator."""
