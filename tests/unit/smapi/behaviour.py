# SPDX-License-Identifier: Apache-2.0
"""What both clients do, whatever their I/O is; a test class per client inherits it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.unit.smapi import scripted
from tests.unit.smapi.scripted import REQUEST_ID, DeafServer, ScriptedServer, reply
from zvm.smapi.endpoint import Endpoint, IucvEndpoint, TcpEndpoint, UnixEndpoint
from zvm.smapi.errors import (
    InvalidParameter,
    NotSupported,
    OutcomeUnknown,
    ProtocolError,
    SmapiError,
    UnknownFunction,
    Unreachable,
)
from zvm.smapi.frames import Reply, encode_reply

RECORDS = ["USER LINUX01 LBYONLY 1G 1G G"]


class ClientBehaviour:
    def call(
        self,
        endpoint: Endpoint,
        function: str,
        target: str = "LINUX01",
        recovery: float = 0.3,
        **options: Any,
    ) -> Reply:
        raise NotImplementedError

    def at(self, server: ScriptedServer | DeafServer, function: str, **options: Any) -> Reply:
        return self.call(TcpEndpoint("127.0.0.1", server.port, "MAINT", "SESAME"), function, **options)

    def create(self, server: ScriptedServer, **options: Any) -> Reply:
        return self.at(server, "Image_Create_DM", image_record_array=RECORDS, **options)

    # Replies

    @pytest.mark.parametrize("piece", [1, 3, 1 << 20])
    def test_a_reply_in_pieces_of_any_size(self, piece: int) -> None:
        with ScriptedServer(reply(image_record_array=RECORDS, piece=piece)) as server:
            answer = self.at(server, "Image_Query_DM")
        assert answer.values == {"image_record_array": RECORDS}
        assert answer.request_id == REQUEST_ID
        (request,) = server.requests
        assert (request.userid, request.password, request.target) == ("MAINT", "SESAME", "LINUX01")

    def test_return_code_0_is_no_error_whatever_the_reason(self) -> None:
        with ScriptedServer(reply(0, 12)) as server:
            answer = self.at(server, "Image_Status_Query")
        assert (answer.rc, answer.rs) == (0, 12)

    def test_a_refusal_tells_what_and_why(self) -> None:
        with ScriptedServer(reply(400, 8)) as server, pytest.raises(SmapiError) as caught:
            self.create(server)
        error = caught.value
        assert (error.function, error.target, error.rc, error.rs) == ("Image_Create_DM", "LINUX01", 400, 8)
        assert "exists already" in error.explanation.text
        assert "400/8" in str(error)
        assert error.explanation.next_step in str(error)

    def test_a_refusal_carries_the_text_that_came_with_it(self) -> None:
        with ScriptedServer(reply(4, 3000, error="1940 1996")) as server, pytest.raises(SmapiError) as caught:
            self.at(server, "VMRELOCATE", destination="ZVM2", action="TEST")
        assert caught.value.text == "1940 1996"
        assert "1940 1996" in str(caught.value)

    def test_output_that_cannot_be_read(self) -> None:
        frame = encode_reply("Image_Deactivate", REQUEST_ID, Reply(0, 0))
        frame = (len(frame) - 3).to_bytes(4, "big") + frame[4:] + b"x"
        action = scripted.octets(REQUEST_ID.to_bytes(4, "big") + frame)
        with ScriptedServer(action) as server, pytest.raises(ProtocolError) as caught:
            self.create(server)
        assert (caught.value.rc, caught.value.rs) == (0, 0)

    # Nothing was sent

    def test_a_wrong_parameter_is_found_here(self) -> None:
        with ScriptedServer() as server:
            with pytest.raises(InvalidParameter):
                self.at(server, "Image_Delete_DM", data_security_erase=9)
            with pytest.raises(UnknownFunction):
                self.at(server, "Image_Explode_DM")

    def test_nobody_listens(self, tmp_path: Path) -> None:
        for endpoint in (
            TcpEndpoint("127.0.0.1", scripted.free_port()),
            UnixEndpoint(str(tmp_path / "none")),
        ):
            with pytest.raises(Unreachable, match="Image_Query_DM"):
                self.call(endpoint, "Image_Query_DM")

    def test_the_request_is_not_taken_whole(self) -> None:
        metadata = [{"metadata_entry_name": "large", "metadata": "x" * (1 << 20)}] * 16
        with DeafServer() as server, pytest.raises(Unreachable):
            self.at(server, "Metadata_Set", metadata=metadata, timeout=0.3)

    def test_iucv_outside_zvm(self) -> None:
        with pytest.raises(NotSupported, match="AF_IUCV"):
            self.call(IucvEndpoint(), "Image_Query_DM")

    def test_tls_to_a_stranger(self) -> None:
        with ScriptedServer(reply(), ssl_context=_server_context(trustme.CA())) as server:
            endpoint = TcpEndpoint("127.0.0.1", server.port, ssl_context=_client_context(trustme.CA()))
            with pytest.raises(Unreachable, match="certificate"):
                self.call(endpoint, "Image_Query_DM")

    # Transports

    def test_unix_socket_without_credentials(self, tmp_path: Path) -> None:
        with ScriptedServer(reply(), path=tmp_path / "smapi") as server:
            self.call(UnixEndpoint(str(tmp_path / "smapi")), "Image_Activate")
        assert (server.requests[0].userid, server.requests[0].password) == ("", "")

    def test_tls(self) -> None:
        authority = trustme.CA()
        with ScriptedServer(reply(0, 740), ssl_context=_server_context(authority)) as server:
            endpoint = TcpEndpoint("127.0.0.1", server.port, ssl_context=_client_context(authority))
            assert self.call(endpoint, "Query_API_Functional_Level").rs == 740

    # Lost replies

    def test_a_lost_reply_is_recovered(self) -> None:
        stored = encode_reply("Image_Create_DM", REQUEST_ID, Reply(0, 0, {"operation_id": -1}))[4:]
        recovered = reply(response_data=stored.decode("latin-1"), request_id=4712)
        with ScriptedServer(scripted.die_after_id, reply(4, 4), recovered) as server:
            answer = self.create(server, recovery=5.0)
        assert answer.values == {"operation_id": -1}
        assert [request.function for request in server.requests] == [
            "Image_Create_DM",
            "Response_Recovery",
            "Response_Recovery",
        ]
        assert server.requests[1].parameters == {"failed_request_id": REQUEST_ID}
        assert server.requests[1].target == "MAINT"

    def test_a_recovered_refusal_is_a_refusal(self) -> None:
        stored = encode_reply("Image_Create_DM", REQUEST_ID, Reply(400, 8))[4:].decode("latin-1")
        with (
            ScriptedServer(scripted.die_after_id, reply(response_data=stored)) as server,
            pytest.raises(SmapiError, match="400/8"),
        ):
            self.create(server)

    def test_a_reply_that_is_late_is_looked_for_as_well(self) -> None:
        stored = encode_reply("Image_Create_DM", REQUEST_ID, Reply(0, 0, {"operation_id": -1}))[4:]
        with ScriptedServer(scripted.fall_silent, reply(response_data=stored.decode("latin-1"))) as server:
            assert self.create(server, timeout=0.3).rc == 0

    @pytest.mark.parametrize(
        "answers",
        [
            [reply(4, 4)] * 20,
            [reply(900, 12)],
            [],
            [reply(response_data="rubbish")],
            [reply(response_data=bytes(12).decode())],
            [scripted.octets(b"\0\0\0\1\0\0\0\x0c\0\0\0\1\0\0\0\0\0\0\0\0x")] * 20,
        ],
        ids=["not kept", "not known", "gone", "no reply", "another reply", "empty"],
    )
    def test_recovery_may_fail(self, answers: list[scripted.Action]) -> None:
        with (
            ScriptedServer(scripted.die_after_id, *answers) as server,
            pytest.raises(OutcomeUnknown) as caught,
        ):
            self.create(server)
        error = caught.value
        assert (error.function, error.target, error.request_id) == ("Image_Create_DM", "LINUX01", REQUEST_ID)
        assert len(server.requests) >= (2 if answers else 1)

    def test_without_a_request_id_there_is_nothing_to_recover(self) -> None:
        with ScriptedServer(scripted.die) as server, pytest.raises(OutcomeUnknown) as caught:
            self.create(server)
        assert caught.value.request_id is None
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "raw",
        [
            b"\0\0\0\1\0\0\0\x0b",
            b"\0\0\0\1\xff\xff\xff\xff",
            b"\0\0\0\1\0\0\0\x0c\0\0\0\2\0\0\0\0\0\0\0\0",
        ],
        ids=["too short", "negative", "of another request"],
    )
    def test_a_reply_that_is_none(self, raw: bytes) -> None:
        with ScriptedServer(scripted.octets(raw)) as server, pytest.raises(OutcomeUnknown) as caught:
            self.create(server)
        assert caught.value.request_id == 1

    # Asynchronous work

    def test_asynchronous_work_is_waited_for(self) -> None:
        with ScriptedServer(
            reply(592, 77, operation_id=77), reply(0, 104), scripted.die_after_id, reply(0, 100)
        ) as server:
            answer = self.create(server)
        assert (answer.rc, answer.rs, answer.values) == (0, 0, {"operation_id": 77})
        polls = server.requests[1:]
        assert {request.function for request in polls} == {"Query_Asynchronous_Operation_DM"}
        assert {request.target for request in polls} == {"LINUX01"}
        assert polls[0].parameters == {"operation_id": 77}

    def test_the_operation_id_may_stand_in_the_output_alone(self) -> None:
        with ScriptedServer(reply(592, 0, operation_id=77), reply(0, 0)) as server:
            assert self.create(server).values == {"operation_id": 77}

    @pytest.mark.parametrize(("rc", "rs"), [(0, 108), (596, 3543), (452, 4)])
    def test_asynchronous_work_may_fail(self, rc: int, rs: int) -> None:
        with ScriptedServer(reply(592, 77), reply(rc, rs)) as server, pytest.raises(SmapiError) as caught:
            self.create(server)
        assert (caught.value.function, caught.value.rc, caught.value.rs) == ("Image_Create_DM", rc, rs)

    def test_asynchronous_work_need_not_be_waited_for(self) -> None:
        with ScriptedServer(reply(592, 77)) as server:
            answer = self.create(server, poll=False)
        assert (answer.rc, answer.rs) == (592, 77)

    def test_asynchronous_work_may_take_too_long(self) -> None:
        with (
            ScriptedServer(reply(592, 77), *[reply(0, 104)] * 20) as server,
            pytest.raises(OutcomeUnknown) as caught,
        ):
            self.create(server, timeout=0.5)
        assert (caught.value.operation_id, caught.value.request_id) == (77, REQUEST_ID)

    def test_asynchronous_work_without_an_id(self) -> None:
        with ScriptedServer(reply(592, 0)) as server, pytest.raises(OutcomeUnknown):
            self.create(server)

    def test_image_definitions_end_by_events_not_by_polling(self) -> None:
        with ScriptedServer(reply(592, 4, asynchIds=["1", "2"])) as server:
            answer = self.at(server, "Image_Definition_Update_DM", definitions=["STORAGE_INITIAL=2G"])
        assert (answer.rc, answer.values) == (592, {"asynchIds": ["1", "2"]})


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def _client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
