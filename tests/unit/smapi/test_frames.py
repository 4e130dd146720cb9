# SPDX-License-Identifier: Apache-2.0
"""Frames against octets recorded from the C client and from a z/VM 7.1 system."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zvm.smapi import functions
from zvm.smapi.errors import FrameError, InvalidParameter, ProtocolError, SmapiFault, UnknownFunction
from zvm.smapi.frames import (
    Reply,
    Request,
    decode_reply,
    decode_request,
    encode_reply,
    encode_request,
    encode_request_id,
)

LINUX01 = "00000000 00000000 00000007 4c494e55583031"
RECORDS = ["USER LINUX01 LBYONLY 1G 1G G", "INCLUDE LNXDFLT", "CPU 00 BASE", "IPL 0100"]


def header(function: str, target: str = "LINUX01", userid: str = "", password: str = "") -> bytes:
    return b"".join(
        len(text).to_bytes(4, "big") + text.encode("latin-1") for text in (function, userid, password, target)
    )


@pytest.mark.parametrize(
    ("request_", "wire"),
    [
        (
            Request("Query_API_Functional_Level", "MAINT", "maint", "secret"),
            "0000003a 0000001a 51756572795f4150495f46756e6374696f6e616c5f4c6576656c"
            "00000005 6d61696e74 00000006 736563726574 00000005 4d41494e54",
        ),
        (Request("Image_Query_DM", "LINUX01"), f"00000025 0000000e 496d6167655f51756572795f444d {LINUX01}"),
        (
            Request("Image_Create_DM", "LINUX01", parameters={"image_record_array": RECORDS}),
            f"00000084 0000000f 496d6167655f4372656174655f444d {LINUX01} 00000000 00000000 00000000 0000004e"
            "0000001c 55534552204c494e55583031204c42594f4e4c592031472031472047"
            "0000000f 494e434c554445204c4e5844464c54 0000000b 4350552030302042415345"
            "00000008 49504c2030313030",
        ),
        (
            Request(
                "Image_Disk_Create_DM",
                "LINUX01",
                parameters={
                    "vdev": "0100",
                    "device_type": "3390",
                    "allocation": "AUTOG",
                    "area_or_volser": "POOL1",
                    "unit": 1,
                    "size": 3338,
                    "mode": "MR",
                    "format": 1,
                },
            ),
            f"00000069 00000014 496d6167655f4469736b5f4372656174655f444d {LINUX01}"
            "00000004 30313030 00000004 33333930 00000005 4155544f47 00000005 504f4f4c31 01 00000d0a"
            "00000002 4d52 01 00000000 00000000 00000000 00000000",
        ),
        (
            Request("xCAT_Commands_IUO", "ZHCP", parameters={"command": "CMD=PURGE LINUX01 RDR ALL"}),
            "00000042 00000011 786361745f6163636f6d6f646174696f6e 00000000 00000000 00000004 5a484350"
            "434d443d5055524745204c494e555830312052445220414c4c 00000000",
        ),
    ],
    ids=["level", "query", "create", "disk", "xcat"],
)
def test_requests_of_the_c_client(request_: Request, wire: str) -> None:
    raw = bytes.fromhex(wire)
    assert encode_request(request_) == raw
    decoded = decode_request(raw[4:])
    assert encode_request(decoded) == raw
    given_ = {name: decoded.parameters[name] for name in request_.parameters}
    assert given_ == request_.parameters


@pytest.mark.parametrize(
    ("function", "reply", "wire"),
    [
        ("Query_API_Functional_Level", Reply(0, 710), "0000000c 000003ee 00000000 000002c6"),
        ("Image_Query_DM", Reply(400, 4), "0000000c 000003ee 00000190 00000004"),
        (
            "Image_Status_Query",
            Reply(0, 0, {"imageNameList": ["MAINT", "TCPIP", "LINUX01"]}),
            "0000002d 000003ee 00000000 00000000 0000001d"
            "00000005 4d41494e54 00000005 5443504950 00000007 4c494e55583031",
        ),
        ("Image_Status_Query", Reply(0, 12), "0000000c 000003ee 00000000 0000000c"),
        (
            "Image_Create_DM",
            Reply(0, 0, {"operation_id": -1}),
            "00000010 000003ee 00000000 00000000 ffffffff",
        ),
        (
            "Image_Create_DM",
            Reply(592, 1234, {"operation_id": 1234}),
            "00000010 000003ee 00000250 000004d2 000004d2",
        ),
        (
            "Image_Disk_Copy_DM",
            Reply(592, 7, {"operation_id": 7}),
            "00000010 000003ee 00000250 00000007 00000007",
        ),
        (
            "Image_Definition_Update_DM",
            Reply(592, 4, {"asynchIds": ["12"]}),
            "00000013 000003ee 00000250 00000004 00000003 313200",
        ),
        (
            "Image_Disk_Create_DM",
            Reply(596, 3543, {"operation_id": -1}),
            "00000010 000003ee 00000254 00000dd7 ffffffff",
        ),
        (
            "Image_Definition_Query_DM",
            Reply(8, 3002, {"error": "UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=BOGUS_KEYWORD=BAD"}),
            "00000046 000003ee 00000008 00000bba 00000036"
            + b"UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=BOGUS_KEYWORD=BAD\0".hex(),
        ),
        (
            "VMRELOCATE",
            Reply(4, 3000, {"error": "1940 1996 1996 1981"}),
            "00000020 000003ee 00000004 00000bb8" + b"1940 1996 1996 1981\0".hex(),
        ),
    ],
)
def test_replies_of_a_real_system(function: str, reply: Reply, wire: str) -> None:
    raw = bytes.fromhex(wire)
    assert encode_reply(function, 0x3EE, reply) == raw
    decoded = decode_reply(function, raw[4:])
    assert (decoded.rc, decoded.rs, decoded.values) == (reply.rc, reply.rs, reply.values)
    assert decoded.request_id == 0x3EE


def test_directory_records_are_blank_filled_to_72() -> None:
    raw = encode_reply("Image_Query_DM", 1002, Reply(0, 0, {"image_record_array": ["USER A", "  IPL CMS"]}))
    assert len(raw) == 4 + 12 + 4 + 2 * 76
    assert decode_reply("Image_Query_DM", raw[4:]).values == {"image_record_array": ["USER A", "  IPL CMS"]}


def test_an_error_buffer_whose_length_leaves_the_nul_out() -> None:
    body = bytes.fromhex("00000001 00000008 0000000c 00000004") + b"TEXT\0"
    assert decode_reply("Network_IP_Interface_Modify", body).values == {"error": "TEXT"}


def test_a_list_reply_without_output_is_an_empty_list() -> None:
    assert decode_reply("System_Disk_Query", bytes(12)).values == {"diskInfoArray": []}


def test_the_request_id_goes_ahead() -> None:
    assert encode_request_id(1001) == bytes.fromhex("000003e9")


@pytest.mark.parametrize(
    ("body", "rc", "rs"),
    [
        (b"", 900, 20),
        (b"\0\0\0\x40Image", 900, 20),
        (b"\0\0\0\x41" + b"A" * 80, 900, 36),
        (b"\xfe\0\0\0", 900, 36),
        (b"\xff\xff\xff\xffImage_Query_DM", 900, 36),
        (b"\0\0\0\0", 900, 36),
        (header("Image_Query_DM", userid="NINECHARS"), 900, 36),
        (header("Image_Query_DM", password="x" * 201), 900, 36),
        (header("Image_Query_DM", target="x" * 65), 900, 36),
        (header("Image_Query_DM")[:-1], 900, 20),
        (header("Image_Query_XX"), 900, 12),
        (header("Image_IPL_Device_Query"), 900, 12),
        (header("Image_Query_DM") + b"x", 24, 125),
        (header("Image_Delete_DM"), 24, 188),
        (header("Image_Delete_DM") + b"\3", 24, 119),
        (header("Image_Disk_Create") + b"\0\0\0\4\x30\x31\x30\x30\0\0\0\6MRMRMR", 24, 213),
        (header("Image_Disk_Create") + b"\0\0\0\0\0\0\0\0", 24, 124),
        (header("Image_Disk_Create") + b"\0\0\0\4WXYZ\0\0\0\0", 24, 116),
        (header("Image_Disk_Create") + b"\xff\xff\xff\xffWXYZ", 900, 36),
        (header("Virtual_Network_Vswitch_Delete_Extended") + b"switch_name=V1\0color=red\0", 8, 3002),
        (header("Virtual_Network_Vswitch_Delete_Extended") + b"switch_name=V1\0persist=perhaps\0", 8, 3003),
        (header("Virtual_Network_Vswitch_Delete_Extended") + b"persist=YES\0", 8, 3004),
        (header("Image_Definition_Update_DM") + b"\0\0\0\x04A=B\0", 8, 3002),
    ],
)
def test_requests_that_are_answered_with_an_error(body: bytes, rc: int, rs: int) -> None:
    with pytest.raises(FrameError) as caught:
        decode_request(body)
    assert (caught.value.rc, caught.value.rs) == (rc, rs)


def test_a_wrong_parameter_still_tells_who_asked() -> None:
    with pytest.raises(FrameError) as caught:
        decode_request(header("Image_Delete_DM", "LINUX01", "MAINT", "SESAME") + b"\3")
    assert caught.value.header == Request("Image_Delete_DM", "LINUX01", "MAINT", "SESAME")
    assert "SESAME" not in repr(caught.value.header)


@pytest.mark.parametrize("text", [b"PAUSE=YES", b"action=PAUSE\0", b"action=pause"])
def test_image_pause_in_all_its_spellings(text: bytes) -> None:
    assert decode_request(header("Image_Pause") + text).parameters["action"].upper() == "PAUSE"


def test_the_xcat_probe_is_four_nuls() -> None:
    request = decode_request(header("xcat_accomodation", "ZHCP") + bytes(4))
    assert (request.function, request.parameters) == ("xCAT_Commands_IUO", {"command": ""})


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (Request("Image_Query_DM", "LINUX01", "MAINTENANCE"), "userid"),
        (Request("Image_Query_DM", "x" * 65), "target"),
        (Request("Image_Query_DM", "LINUX01", password="x" * 201), "password"),
        (Request("Image_Query_DM", "LINUX01", parameters={"size": 1}), "size"),
        (
            Request("Image_Replace_DM", "LINUX01", parameters={"image_record_array": ["x" * 73]}),
            "image_record",
        ),
    ],
)
def test_limits_are_checked_before_anything_is_sent(request_: Request, name: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        encode_request(request_)
    assert caught.value.parameter == name


def test_unknown_functions_are_refused_here() -> None:
    with pytest.raises(UnknownFunction):
        encode_request(Request("Image_Explode_DM", "LINUX01"))


def test_a_reply_carries_results_or_an_error() -> None:
    with pytest.raises(InvalidParameter):
        encode_reply("Image_Create_DM", 1, Reply(8, 8, {"operation_id": 1, "error": "both"}))


@pytest.mark.parametrize(
    ("function", "body", "rc"),
    [
        ("Image_Query_DM", b"", None),
        ("Image_Query_DM", bytes(11), None),
        ("Image_Query_DM", bytes(12) + b"\0\0\0\x09", 0),
        ("Image_Create_DM", bytes(12) + b"\0", 0),
    ],
)
def test_replies_that_cannot_be_read(function: str, body: bytes, rc: int | None) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_reply(function, body)
    assert caught.value.rc == rc


def test_secrets_are_not_shown() -> None:
    request = Request(
        "Image_Create_DM",
        "LINUX01",
        "MAINT",
        "SESAME",
        {"initial_password": "SESAME", "image_record_array": ["USER LINUX01 SESAME 1G 1G G"]},
    )
    reply = Reply(0, 0, {"image_record_array": ["USER LINUX01 SESAME 1G 1G G"]}, 7, "Image_Query_DM")
    shown = f"{request} {request!r} {reply} {reply!r}"
    assert "SESAME" not in shown
    assert "target=LINUX01" in shown
    assert "0/0 (request 7)" in shown


@given(st.binary(max_size=200))
def test_any_octets_are_a_request_or_an_error(body: bytes) -> None:
    try:
        request = decode_request(body)
    except FrameError:
        return
    str(request)


@given(st.sampled_from(functions.names()), st.binary(max_size=120))
def test_any_parameters_are_a_request_or_an_error(name: str, raw: bytes) -> None:
    try:
        request = decode_request(header(functions.get(name).sent_name) + raw)
    except FrameError:
        return
    str(request)


@given(st.sampled_from(functions.names()), st.sampled_from([0, 4, 8, 400, 592, 596]), st.binary(max_size=120))
@example("Image_Query_DM", 592, b"\0\0")
def test_any_octets_are_a_reply_or_an_error(name: str, rc: int, raw: bytes) -> None:
    try:
        reply = decode_reply(name, bytes(4) + rc.to_bytes(4, "big") + bytes(4) + raw)
    except ProtocolError:
        return
    str(reply)


@given(
    st.sampled_from(functions.names()),
    st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text()))),
)
def test_any_parameters_can_be_sent_or_are_refused(name: str, parameters: dict[str, Any]) -> None:
    try:
        encode_request(Request(name, "LINUX01", parameters=parameters))
    except SmapiFault:
        return
