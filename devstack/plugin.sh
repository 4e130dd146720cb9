#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DevStack's plugin: the driver in nova-compute, the mechanism driver in Neutron, our daemons beside them.

NOVA_ZVM_DIR=$DEST/nova-zvm

function zvm_server {
    echo "${ZVM_SERVER:-http://127.0.0.1:$ZVM_MANAGER_PORT}"
}

function install_nova_zvm {
    # Not setup_install, which reads a setup.cfg. pip_install keeps to the upper constraints.
    pip_install "$NOVA_ZVM_DIR[server,cli]"
}

function configure_zvm_daemons {
    sudo install -d -o "$STACK_USER" "$ZVM_CONF_DIR"
    mkdir -p "$ZVM_STATE_DIR"/{simulator,zhcp,manager}
    (umask 077 && openssl rand -hex 24 > "$ZVM_CONF_DIR/zhcp.token")

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
    "$NOVA_BIN_DIR/zvm" manager user add "$ZVM_USERNAME" --config-file "$manager" <<< "$ZVM_PASSWORD"
}

function configure_nova_zvm {
    # nova.conf and not NOVA_CPU_CONF: that is copied from it anew whenever nova-compute is started.
    iniset "$NOVA_CONF" DEFAULT compute_driver zvm_xcat.ZVMDriver
    iniset "$NOVA_CONF" DEFAULT instance_name_template "ibm%04x"
    configure_zvm_client "$NOVA_CONF"
    iniset "$NOVA_CONF" zvm_xcat diskpool "$ZVM_POOL"
    iniset "$NOVA_CONF" zvm_xcat user_profile LNXDFLT
}

function configure_neutron_zvm {
    # CP lets only the second half of a MAC address be chosen: VMLAN USERPREFIX is the first.
    iniset "$NEUTRON_CONF" DEFAULT base_mac 02:00:06:00:00:00
    sudo install -d -o "$STACK_USER" "$ZVM_CONF_DIR"
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
    local zvm=$NOVA_BIN_DIR/zvm
    run_process zvm-sim "$zvm simulator run --state $ZVM_STATE_DIR/simulator"
    test_with_retry "test -S $ZVM_STATE_DIR/simulator/platform.sock" "zvm-sim has no sockets" 60 0.5
    run_process zvm-zhcp "$zvm zhcp run --config-file $ZVM_CONF_DIR/zhcp.conf"
    run_process zvm-manager "$zvm manager run --config-file $ZVM_CONF_DIR/manager.conf"
    # Not wait_for_service, which takes a refused connection for an answer.
    test_with_retry "curl -sf -o /dev/null http://127.0.0.1:$ZVM_ZHCP_PORT/healthz" "zvm-zhcp does not answer" 60 0.5
    test_with_retry "curl -sf -o /dev/null $(zvm_server)/healthz" "zvm-manager does not answer" 60 0.5
}

function start_zvm_agent {
    run_process zvm-agent "$NOVA_BIN_DIR/zvm-neutron-agent --config-file $NEUTRON_CONF --config-file $ZVM_CONF_DIR/agent.conf"
}

if [[ "$1" == "stack" && "$2" == "install" ]]; then
    install_nova_zvm
elif [[ "$1" == "stack" && "$2" == "post-config" ]]; then
    if is_service_enabled zvm-manager; then
        configure_zvm_daemons
        start_zvm_daemons
    fi
    configure_nova_zvm
    configure_neutron_zvm
elif [[ "$1" == "stack" && "$2" == "extra" ]]; then
    if is_service_enabled zvm-agent; then
        start_zvm_agent
    fi
elif [[ "$1" == "unstack" ]]; then
    for daemon in zvm-agent zvm-manager zvm-zhcp zvm-sim; do
        stop_process "$daemon"
    done
elif [[ "$1" == "clean" ]]; then
    sudo rm -rf "$ZVM_CONF_DIR" "$ZVM_STATE_DIR"
fi
