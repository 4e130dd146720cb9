# SPDX-License-Identifier: Apache-2.0
"""``imgimport``, ``imgexport`` and ``rmimage``: images from and to files, and their end.

An image comes as a bundle with a manifest, or as the disk alone in any form that the image store reads: from
the directory ``exchange`` of the state directory, from an http(s) address that the operator allows, or, with
``remotehost=user@host``, from a machine that the operator allows.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tarfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import aiohttp

from zvm.manager.commands.base import Call
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.images import bundle
from zvm.manager.remote_files import RemoteFailed
from zvm.manager.service import ManagementNode
from zvm.manager.tables import objects
from zvm.xcat import envelope
from zvm.xcat.envelope import Response

_CHUNK = 1 << 20
#: Seconds for reaching an http server, and without an octet from it.
_HTTP = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=120)
_BUNDLES = (".tar", ".tgz", ".tar.gz")


async def imgimport(mn: ManagementNode, call: Call) -> list[Response]:
    """Store the image in the file ``osimage=`` under the profile ``profile=``."""
    wanted = call.pairs()
    source, remotehost = wanted["osimage"], wanted.get("remotehost", "")
    responses: list[Response] = []
    with _part(mn) as part:
        if remotehost:
            mn.remote_files.check(remotehost, "use PUT /zvm/v1/images/NAME")
            text = f"Obtaining the image bundle from the remote system {remotehost}:{source}"
            responses.append(envelope.data(text))
            try:
                await _saved(mn.remote_files.fetch(remotehost, source), part, call)
            except RemoteFailed as problem:
                text = (
                    f"Unable to copy the image bundle {source} from the remote host"
                    " (Maybe passwordless ssh was not setup?)"
                )
                facts = {"kind": "refused", "message": problem.message, "next_step": problem.next_step}
                return [*responses, envelope.error(text, details=facts)]
            path = part
        elif urlsplit(source).scheme in ("http", "https"):
            await _saved(_fetched(mn, source), part, call)
            path = part
        else:
            path = within(mn, source.removeprefix("file://"))
            if not await asyncio.to_thread(path.is_file):
                text = f"Unable to find the image bundle {source}"
                return [envelope.error(text, details={"kind": "not_found", "message": text})]
        name = await _stored(mn, path, source, wanted.get("profile", ""), call)
    return [*responses, envelope.data(f"Successfully imported the image {name}.")]


async def _stored(mn: ManagementNode, path: Path, source: str, profile: str, call: Call) -> str:
    """Store the image in ``path``, a bundle or a disk; return its name."""
    found = bundle.Bundle("")
    if await asyncio.to_thread(bundle.is_bundle, path):
        found = await asyncio.to_thread(bundle.look, path)
    told = found.attributes
    profile = profile or told.get("profile", "") or Path(urlsplit(source).path).name.partition(".")[0]
    words = (
        told.get("osvers", "linux"),
        told.get("osarch", "s390x"),
        told.get("provmethod", "netboot"),
        profile,
    )
    name = "-".join(words)
    await mn.images.put(name, _disk(path, found), origin=source, progress=call.progress)
    return name


async def imgexport(mn: ManagementNode, call: Call) -> list[Response]:
    """Write the image ``osimage=`` to the file ``destination=``: a bundle, or plain blocks by its name."""
    wanted = call.pairs()
    name = wanted["osimage"]
    remotehost, destination = wanted.get("remotehost", ""), wanted.get("destination") or wanted["osimage"]
    responses = [envelope.data(f"Exporting {name} to {destination if remotehost else ''}...")]
    try:
        await mn.images.complete(name)
    except NotFound:
        text = f"Cannot find image '{name}' from the osimage table."
        return [*responses, envelope.error(text, details={"kind": "not_found", "message": text})]
    if remotehost:
        mn.remote_files.check(remotehost, "use GET /zvm/v1/images/NAME/content")
    else:
        target = within(mn, destination)
        if await asyncio.to_thread(target.exists):
            raise Refused(f"{destination} exists")
    with _part(mn, Path(destination).name) as part:
        if destination.endswith(_BUNDLES):
            told = (await mn.database.read(objects.read, objects.TYPES["osimage"], [name]))[name]
            call.progress.at("writing the bundle", 10)
            await asyncio.to_thread(bundle.write, part, mn.images.path(name), {"imagename": name, **told})
        else:
            await asyncio.to_thread(shutil.copyfile, mn.images.path(name), part)
        if remotehost:
            call.progress.at("sending the bundle", 50)
            await mn.remote_files.send(part, remotehost, destination)
        else:
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(os.replace, part, target)
    return [*responses, envelope.data(f"Exported {name} to {destination}")]


async def rmimage(mn: ManagementNode, call: Call) -> list[Response]:
    """Remove an image and its rows."""
    name = call.args[0]
    try:
        await mn.images.delete(name)
    except (NotFound, Invalid):
        text = f"Invalid image name {name}"
        return [envelope.error(text, details={"kind": "not_found", "message": text})]
    return [envelope.info(f"Image {name} was removed.")]


def within(mn: ManagementNode, name: str) -> Path:
    """Return the file of the exchange directory that ``name`` means.

    :raises Refused: it lies elsewhere.
    """
    exchange = (Path(mn.config.state_directory) / "exchange").resolve()
    path = (exchange / name).resolve()
    if not path.is_relative_to(exchange):
        raise Refused(f"{name} is not in the directory {exchange}", next_step=f"put the file into {exchange}")
    return path


@contextmanager
def _part(mn: ManagementNode, name: str = "bundle") -> Iterator[Path]:
    """Give a file for what is on its way; it goes at the end, after a kill with the next start."""
    path = mn.images.directory / f".{os.urandom(8).hex()}.{name[-40:]}.part"
    with path.open("xb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # so that another management node leaves it alone
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


async def _saved(stream: AsyncIterable[bytes], path: Path, call: Call) -> None:
    call.progress.at("fetching the image")
    with await asyncio.to_thread(path.open, "wb") as file:
        async for data in stream:
            await asyncio.to_thread(file.write, data)
            call.progress.bytes += len(data)


async def _fetched(mn: ManagementNode, url: str) -> AsyncIterator[bytes]:
    """Yield the content of an http(s) address.

    :raises Refused: it is none that the operator allows, or the server does not give it.
    """
    if not any(url.startswith(beginning) for beginning in mn.config.image_sources):
        text = f"images may not be fetched from {_shown(url)}"
        raise Refused(text, next_step="see the option image_sources")
    try:
        async with (
            aiohttp.ClientSession(timeout=_HTTP) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise Refused(f"{_shown(url)} answers {answer.status} {answer.reason}")
            async for data in answer.content.iter_chunked(_CHUNK):
                yield data
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refused(f"{_shown(url)} cannot be fetched: {error or type(error).__name__}") from error


def _shown(url: str) -> str:
    """Return an address without what may be a secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


async def _disk(path: Path, found: bundle.Bundle) -> AsyncIterator[bytes]:
    """Yield the disk in a file: the member of a bundle, or all of it."""
    with await asyncio.to_thread(_opened, path, found) as (_, file):
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data


@contextmanager
def _opened(path: Path, found: bundle.Bundle) -> Iterator[tuple[tarfile.TarFile | None, IO[bytes]]]:
    if not found.disk:
        with path.open("rb") as file:
            yield None, file
        return
    with tarfile.open(path) as tar:
        yield tar, bundle.open_disk(tar, found)


def named(row: Mapping[str, str], profile: str) -> str:
    """Return an image's name, made of the operating system of a node and a profile."""
    defaults = {"os": "linux", "arch": "s390x", "provmethod": "netboot"}
    return "-".join([*(row.get(key) or word for key, word in defaults.items()), profile])
