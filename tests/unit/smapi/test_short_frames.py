# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.smapi.errors import FrameError
from zvm.smapi.frames import Request, decode_request, encode_request


@pytest.mark.parametrize(
    ("request_", "wire"),
    [
        (
            Request("System_Info_Query", "", short=True),
            b"\0\0\0\x13\xffSystem_Info_Query\0",
        ),
        (Request("IPaddr_Get", "", short=True), b"\0\0\0\x0c\xffIPaddr_Get\0"),
        (
            Request("Image_IPL_Device_Query", "LINUX01", short=True),
            b"\0\0\0\x20\xffImage_IPL_Device_Query\0LINUX01\0",
        ),
        (
            Request("System_IO_Query", "", parameters={"real_device": "1000"}, short=True),
            b"\0\0\0\x16\xffSystem_IO_Query\x001000\0",
        ),
    ],
)
def test_as_the_c_client_sends_them(request_: Request, wire: bytes) -> None:
    assert encode_request(request_) == wire
    assert decode_request(wire[4:]) == request_


def test_system_info_query_also_has_a_normal_frame() -> None:
    request = Request("System_Info_Query", "MAINT", "MAINT", "x")
    assert decode_request(encode_request(request)[4:]) == request


def test_functions_with_a_short_frame_only_are_always_sent_so() -> None:
    assert encode_request(Request("IPaddr_Get", "MAINT"))[4:5] == b"\xff"


@pytest.mark.parametrize(
    ("body", "rc", "rs"),
    [
        (b"\xff", 900, 12),
        (b"\xffNo_Such_Function\0", 900, 12),
        (b"\xffImage_Query_DM\0", 900, 12),
        (b"\xffImage_IPL_Device_Query\0", 24, 124),
        (b"\xffImage_IPL_Device_Query\0A\0B\0", 24, 225),
        (b"\xffIPaddr_Get\0A\0", 24, 125),
    ],
)
def test_wrong_ones_are_answered_with_an_error(body: bytes, rc: int, rs: int) -> None:
    with pytest.raises(FrameError) as caught:
        decode_request(body)
    assert (caught.value.rc, caught.value.rs) == (rc, rs)
