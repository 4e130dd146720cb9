#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DevStack's plugin: the driver in nova-compute, the mechanism driver in Neutron, our daemons beside them.

NOVA_ZVM_DIR=$DEST/nova-zvm

function zvm_server {
    echo "${ZVM_SERVER:-http://127.0.0.1:$ZVM_MANAGER_PORT}"
}

function install_nova_zvm {
    setup_install "$NOVA_ZVM_DIR" server,cli
}

function configure_zvm_daemons {
    sudo install -d -o "$STACK_USER" "$ZVM_CONF_DIR"
    mkdir -p "$ZVM_STATE_DIR"/{simulator,zhcp,manager}
    openssl rand -hex 24 > "$ZVM_CONF_DIR/zhcp.token"
    chmod 600 "$ZVM_CONF_DIR/zhcp.token"

    local zhcp=$ZVM_CONF_DIR/zhcp.conf manager=$ZVM_CONF_DIR/manager.conf
    iniset "$zhcp" DEFAULT bind_host 127.0.0.1
    iniset "$zhcp" DEFAULT bind_port "$ZVM_ZHCP_PORT"
    iniset "$zhcp" DEFAULT token_file "$ZVM_CONF_DIR/zhcp.token"
    iniset "$zhcp" DEFAULT state_directory "$ZVM_STATE_DIR/zhcp"
    iniset "$zhcp" DEFAULT platform simulator
    iniset "$zhcp" DEFAULT simulator_platform_socket "$ZVM_STATE_DIR/simulator/platform.sock"
    iniset "$zhcp" DEFAULT smapi_socket "$ZVM_STATE_DIR/simulator/smapi.sock"

    iniset "$manager" DEFAULT bind_host 127.0.0.1
    iniset "$manager" DEFAULT bind_port "$ZVM_MANAGER_PORT"
    iniset "$manager" DEFAULT database "sqlite:///$ZVM_STATE_DIR/manager/manager.sqlite"
    iniset "$manager" DEFAULT state_directory "$ZVM_STATE_DIR/manager"
    iniset "$manager" zhcp:zhcp url "http://127.0.0.1:$ZVM_ZHCP_PORT"
    iniset "$manager" zhcp:zhcp token_file "$ZVM_CONF_DIR/zhcp.token"
    iniset "$manager" zhcp:zhcp hostname zhcp.example.com
    iniset "$manager" zhcp:zhcp host "$ZVM_HOST"
    iniset "$manager" zhcp:zhcp pools "$ZVM_POOL"
    "$DEVSTACK_VENV_BIN/zvm" manager user add "$ZVM_USERNAME" --config-file "$manager" <<< "$ZVM_PASSWORD"
}

function configure_nova_zvm {
    iniset "$NOVA_CPU_CONF" DEFAULT compute_driver zvm_xcat.ZVMDriver
    configure_zvm_client "$NOVA_CPU_CONF"
    iniset "$NOVA_CPU_CONF" zvm_xcat diskpool "$ZVM_POOL"
    iniset "$NOVA_CPU_CONF" zvm_xcat user_profile LNXDFLT
    # CP lets only the second half of a MAC address be chosen: VMLAN USERPREFIX is the first.
    iniset "$NEUTRON_CONF" DEFAULT base_mac 02:00:06:00:00:00
    iniset "$ZVM_CONF_DIR/agent.conf" zvm_agent vswitch_mappings "$ZVM_PHYSICAL_NETWORK:$ZVM_VSWITCH"
    configure_zvm_client "$ZVM_CONF_DIR/agent.conf"
}

function configure_zvm_client {
    iniset "$1" zvm_xcat server "$(zvm_server)"
    iniset "$1" zvm_xcat username "$ZVM_USERNAME"
    iniset "$1" zvm_xcat password "$ZVM_PASSWORD"
    iniset "$1" zvm_xcat host "$ZVM_HOST"
}

function start_zvm_daemons {
    local zvm=$DEVSTACK_VENV_BIN/zvm
    run_process zvm-sim "$zvm simulator run --state $ZVM_STATE_DIR/simulator"
    run_process zvm-zhcp "$zvm zhcp run --config-file $ZVM_CONF_DIR/zhcp.conf"
    run_process zvm-manager "$zvm manager run --config-file $ZVM_CONF_DIR/manager.conf"
    wait_for_service 60 "$(zvm_server)/healthz"
}

function start_zvm_agent {
    run_process zvm-agent "$DEVSTACK_VENV_BIN/zvm-neutron-agent --config-file $NEUTRON_CONF --config-file $ZVM_CONF_DIR/agent.conf"
}

if [[ "$1" == "stack" && "$2" == "install" ]]; then
    install_nova_zvm
elif [[ "$1" == "stack" && "$2" == "post-config" ]]; then
    if is_service_enabled zvm-manager; then
        configure_zvm_daemons
        start_zvm_daemons
    fi
    configure_nova_zvm
elif [[ "$1" == "stack" && "$2" == "extra" ]]; then
    start_zvm_agent
elif [[ "$1" == "unstack" ]]; then
    for daemon in zvm-agent zvm-manager zvm-zhcp zvm-sim; do
        stop_process "$daemon"
    done
elif [[ "$1" == "clean" ]]; then
    sudo rm -rf "$ZVM_CONF_DIR" "$ZVM_STATE_DIR"
fi
