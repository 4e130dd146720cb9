# SPDX-License-Identifier: Apache-2.0
"""Nova's driver contract by families: a module for each, its verbs thin calls of an operation module.

:class:`zvm.nova.driver.ZVMDriver` inherits all of them and makes the operations that they use.
"""
