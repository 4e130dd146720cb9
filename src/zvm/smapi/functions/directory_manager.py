# SPDX-License-Identifier: Apache-2.0
"""Functions about the directory manager itself: searches, the whole directory, tags, tasks, notifications."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, Style, array, codes, int1, int4, keyword, structures
from zvm.smapi.fields import Text

FUNCTIONS = (
    FunctionDeclaration(
        name="Directory_Manager_Search_DM",
        parameters=(Text("search_pattern", 1, 72),),
        reply=(array("statementList", Text("targetId", 1, 8), Text("statement", 0, 1 << 20), secret=True),),
        codes=codes("0/28"),
        directory_manager=True,
        asynchronous=True,
    ),
    # With format=no the data of an entry are its records, each behind its length; with format=yes they are
    # KEYWORD=value strings that each end with NUL.
    FunctionDeclaration(
        name="Query_All_DM",
        parameters=(keyword("format", "YES", "NO", required=True),),
        reply=(
            structures(
                "directoryEntryArray",
                int4("directoryEntryType"),
                Text("directoryEntryId", 1, 10),
                Text("directoryEntryData", 0, 1 << 24, secret=True),
            ),
        ),
        codes=codes("8/28"),
        directory_manager=True,
        asynchronous=True,
        style=Style.KEYWORD_BLOCK_OPEN,
    ),
    FunctionDeclaration(
        name="Query_Directory_Manager_Level_DM",
        reply=(Text("directoryManagerLevel", 0, 1 << 16),),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Directory_Manager_Task_Cancel_DM",
        parameters=(int4("operation_id"),),
        codes=codes("452/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Directory_Manager_Local_Tag_Define_DM",
        parameters=(Text("tag_name", 1, 8), int4("tag_ordinal"), int1("define_action", 1, 2)),
        codes=codes("432/4 432/8 432/12 432/16"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Directory_Manager_Local_Tag_Delete_DM",
        parameters=(Text("tag_name", 1, 8),),
        codes=codes("432/8 432/16"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Directory_Manager_Local_Tag_Query_DM",
        parameters=(Text("tag_name", 1, 8),),
        reply=(Text("tagValue", 0, 1 << 16),),
        codes=codes("0/28 400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Directory_Manager_Local_Tag_Set_DM",
        parameters=(Text("tag_name", 1, 8), Text("tag_value", 1, 1024)),
        codes=codes("400/4 432/8 432/20"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(name="Static_Image_Changes_Immediate_DM", directory_manager=True, asynchronous=True),
    FunctionDeclaration(name="Static_Image_Changes_Activate_DM", directory_manager=True, asynchronous=True),
    FunctionDeclaration(name="Static_Image_Changes_Deactivate_DM", directory_manager=True, asynchronous=True),
    # entity 1 directory; subscription 1 include, 2 exclude; communication 1 TCP, 2 UDP; encoding 1 ASCII,
    # 2 EBCDIC.
    FunctionDeclaration(
        name="Asynchronous_Notification_Enable_DM",
        parameters=(
            int1("entity_type", 1, 1),
            int1("subscription_type", 1, 2),
            int1("communication_type", 1, 2),
            int4("port_number", 0, 65535),
            Text("ip_address", 7, 15),
            int1("encoding", 0, 2),
            Text("subscriber_data", 0, 64),
        ),
        codes=codes("400/4 428/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Asynchronous_Notification_Disable_DM",
        parameters=(
            int1("entity_type", 1, 1),
            int1("communication_type", 1, 2),
            int4("port_number", 0, 65535),
            Text("ip_address", 7, 15),
            int1("encoding", 0, 2),
            Text("subscriber_data", 0, 64),
        ),
        codes=codes("400/4 428/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Asynchronous_Notification_Query_DM",
        parameters=(
            int1("entity_type", 1, 1),
            int1("communication_type", 0, 2),
            int4("port_number", -1, 65535),
            Text("ip_address", 0, 15),
            int1("encoding", 0, 2),
            Text("subscriber_data", 0, 64),
        ),
        reply=(
            structures(
                "notificationList",
                Text("userid", 1, 8),
                int1("subscriptionType"),
                int1("communicationType"),
                int4("portNumber"),
                Text("ipAddress", 7, 15),
                int1("encoding"),
                Text("subscriberData", 0, 1 << 16),
            ),
        ),
        codes=codes("0/28 400/4 428/8"),
        directory_manager=True,
        asynchronous=True,
    ),
)
