# SPDX-License-Identifier: Apache-2.0
"""Functions whose thing the simulator lacks: answered as by a z/VM that lacks it too, listed as missing."""

from __future__ import annotations

from zvm.simulator.functions.registry import unavailable

unavailable("System_Disk_IO_Query", 8, 3017, "CP's monitor, whence the figures would come, is not on")
unavailable("System_Performance_Threshold_Enable", 8, 4, "the layout of the events is not known")
unavailable("System_Performance_Threshold_Disable", 0, 0, "no threshold can be enabled")
unavailable("System_RDR_File_Query", 8, 4, "the layout of the reply is not known")
unavailable("System_Service_Query", 8, 28, "no service is ever applied to the simulator")
