# SPDX-License-Identifier: Apache-2.0
"""Functions about SMAPI itself: its level, work in progress, lost replies, xCAT's pass-through, events."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, Style, codes, int4, keyword
from zvm.smapi.fields import LastText, Lines, Raw, Text

FUNCTIONS = (
    FunctionDeclaration(
        name="Query_API_Functional_Level",
        codes=codes("0/540 0/610 0/611 0/620 0/621 0/630 0/640 0/710 0/720 0/730 0/740"),
    ),
    FunctionDeclaration(name="Check_Authentication"),
    FunctionDeclaration(
        name="Query_Asynchronous_Operation_DM",
        parameters=(int4("operation_id"),),
        codes=codes("0/100 0/104 0/108 452/4"),
        directory_manager=True,
    ),
    # The reply that was lost: its second message without the length.
    FunctionDeclaration(
        name="Response_Recovery",
        parameters=(int4("failed_request_id"),),
        reply=(Raw("response_data"),),
        codes=codes("4/4"),
    ),
    # The C client sends four NULs after the text, whatever the text is.
    FunctionDeclaration(
        name="xCAT_Commands_IUO",
        wire_name="xcat_accomodation",
        parameters=(Raw("command", closing=4),),
        reply=(Lines("response", prefixed=True),),
        codes=codes("8/3002 592/8888"),
    ),
    # The connection stays open: events follow the request id (zvm.smapi.events). The key is 16 long at most.
    FunctionDeclaration(
        name="Event_Subscribe", parameters=(LastText("match_key", 0, 255),), codes=codes("8/13")
    ),
    # Ends all subscriptions; answered by the request id alone, then the connection is closed.
    FunctionDeclaration(name="Event_Unsubscribe"),
    FunctionDeclaration(
        name="Event_Stream_Add", parameters=(Text("event_info", 1, 1 << 20),), codes=codes("8/999")
    ),
    FunctionDeclaration(name="SMAPI_Status_Capture", codes=codes("8/14 8/3015")),
    FunctionDeclaration(
        name="Image_Definition_Async_Updates",
        parameters=(keyword("enabled", "YES", "NO", required=True),),
        codes=codes("8/24"),
        style=Style.KEYWORDS,
    ),
)
