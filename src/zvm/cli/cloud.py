# SPDX-License-Identifier: Apache-2.0
"""``zvm cloud …``: a whole OpenStack on this machine, with a simulated z/VM below it."""

from __future__ import annotations

import argparse

from zvm.cli.base import Command, Lister, OfCloud
from zvm.cloud.bring_up import Cloud
from zvm.cloud.errors import CloudError, StoryFailed, last_lines
from zvm.cloud.layout import Layout
from zvm.cloud.progress import Reporter
from zvm.cloud.ways import PROFILES


class CloudCommand(OfCloud, Command):
    """What the commands about the cloud share."""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Do it, and tell a failure in words: what, the end of the log, what next."""
        cloud = Cloud(Layout(parsed_args.state), getattr(parsed_args, "profile", ""))
        with Reporter() as reporter:
            try:
                self.act(cloud, reporter, parsed_args)
            except CloudError as error:
                tell(error, cloud, reporter)
                return 1
            except KeyboardInterrupt:
                tell(CloudError("interrupted"), cloud, reporter)
                return 130
        return 0

    def act(self, cloud: Cloud, reporter: Reporter, parsed_args: argparse.Namespace) -> None:
        """Do what the command is for."""
        raise NotImplementedError


class Demo(CloudCommand):
    """Bring the cloud up, create a Linux guest through OpenStack, and show where it is on z/VM."""

    def act(self, cloud: Cloud, reporter: Reporter, parsed_args: argparse.Namespace) -> None:
        """Tell the story."""
        from zvm.cloud import demo

        demo.run(cloud, reporter)


class Up(CloudCommand):
    """Bring the cloud up."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take how it is laid out."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--profile",
            choices=sorted(PROFILES),
            default="",
            help="embedded: a process per project, SQLite; separate: a process per service, MariaDB, "
            "RabbitMQ, two z/VM systems; separate-nodes: a management node for each of them too; "
            "separate-fibre-channel: volumes are LUNs of the simulator's storage server "
            "(default: as the folder holds, or embedded)",
        )
        return parser

    def act(self, cloud: Cloud, reporter: Reporter, parsed_args: argparse.Namespace) -> None:
        """Start what does not run, and make what a first server needs."""
        from zvm.cloud import access, seeds

        cloud.up(reporter)
        with reporter.step(f"image {seeds.IMAGE}, network {seeds.NETWORK}, flavor {seeds.FLAVOR}"):
            seeds.everything(cloud.layout, access.connect(cloud.layout, access.ADMIN))
        reporter.command(f". {cloud.layout.root / 'openrc'}")


class Tempest(CloudCommand):
    """Run Tempest against the cloud, which is brought up first where need be."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take which tests are to run."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--regex", default=r"^tempest\.api\.(compute|volume)", help="which tests (default: %(default)s)"
        )
        parser.add_argument("--workers", type=int, default=2, help="side by side (default: %(default)s)")
        return parser

    def act(self, cloud: Cloud, reporter: Reporter, parsed_args: argparse.Namespace) -> None:
        """Run them; a failed test is a failure of the command."""
        from zvm.cloud import tempest

        cloud.up(reporter)
        results = tempest.run(cloud, reporter, parsed_args.regex, parsed_args.workers)
        reporter.say(tempest.summary(results))
        failed = sum(result.status == "fail" for result in results)
        if failed:
            raise StoryFailed(f"{failed} tests of Tempest failed", log=cloud.layout.log("tempest"))


class Down(CloudCommand):
    """End all processes of the cloud; what it stored stays."""

    def act(self, cloud: Cloud, reporter: Reporter, parsed_args: argparse.Namespace) -> None:
        """End them."""
        ended = cloud.down()
        reporter.say(f"ended: {', '.join(ended)}" if ended else "nothing ran")


class Status(OfCloud, Lister):
    """Show which processes of the cloud run, and where they listen."""

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, str, str]]]:
        """Return a row per process."""
        rows = Cloud(Layout(parsed_args.state)).status()
        return ("Service", "State", "Address"), [(name, *row) for name, row in rows.items()]


def tell(error: CloudError, cloud: Cloud, reporter: Reporter) -> None:
    """Say what went wrong, what the log says, and what to do next."""
    reporter.failed(error.message)
    if error.log:
        reporter.say(f"the last lines of {error.log}:")
        reporter.quote("\n".join(last_lines(error.log)))
    if error.next_step:
        reporter.say(error.next_step)
    elif cloud.processes.running():
        reporter.say("The cloud runs on, for you to look at. `make down` ends it, `make demo` tries again.")
    else:
        reporter.say("Nothing of the cloud runs any more. `make demo` tries again from here.")
