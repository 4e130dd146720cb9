#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Drives the plugin as DevStack does, with what it uses of DevStack's functions: devstack.sh PHASES-OF (stack, unstack,
# clean). DEST is the folder of everything; NOVA_BIN_DIR has the programs; CALLS gets what is not done here.
set -o errexit -o nounset

DATA_DIR=$DEST/data
STACK_USER=$(id -un)
SERVICE_PASSWORD=geheim
NOVA_CONF=$DEST/nova.conf
NOVA_CPU_CONF=$DEST/nova-cpu.conf
NEUTRON_CONF=$DEST/neutron.conf
ENABLED_SERVICES=n-cpu,q-svc,ovn-controller
mkdir -p "$DATA_DIR" "$DEST/run"

function sudo { "$@"; }
function define_plugin { echo "define_plugin $*" >> "$CALLS"; }
function pip_install { echo "pip_install $*" >> "$CALLS"; }
function is_service_enabled { [[ ",$ENABLED_SERVICES," == *",$1,"* ]]; }

function enable_service {
    local service
    for service in "$@"; do
        is_service_enabled "$service" || ENABLED_SERVICES+=",$service"
    done
}

function disable_service {
    local service
    for service in "$@"; do
        ENABLED_SERVICES=",$ENABLED_SERVICES,"
        ENABLED_SERVICES=${ENABLED_SERVICES//,$service,/,}
        ENABLED_SERVICES=${ENABLED_SERVICES#,}
        ENABLED_SERVICES=${ENABLED_SERVICES%,}
    done
}

function iniset {
    grep -q "^\[$2\]" "$1" 2>/dev/null || printf '\n[%s]\n' "$2" >> "$1"
    sed -i "/^\[$2\]/a $3 = $4" "$1"
}

function run_process {
    if ! is_service_enabled "$1"; then return; fi
    if [[ "$1" == zvm-agent ]]; then  # it wants a message bus
        echo "run_process $*" >> "$CALLS"
        return
    fi
    $2 < /dev/null > "$DEST/run/$1.log" 2>&1 &
    echo $! > "$DEST/run/$1.pid"
}

function stop_process {
    if ! is_service_enabled "$1" || [[ ! -f "$DEST/run/$1.pid" ]]; then return; fi
    kill "$(cat "$DEST/run/$1.pid")"
}

function test_with_retry {
    timeout "$3" sh -c "until $1; do sleep $4; done" || { echo "$2" >&2; exit 1; }
}

# stack.sh reads the one before its lib/*, whose defaults then are, and the other after them.
source "$NOVA_ZVM/devstack/override-defaults"
Q_ML2_PLUGIN_MECHANISM_DRIVERS=${Q_ML2_PLUGIN_MECHANISM_DRIVERS:-ovn}
source "$NOVA_ZVM/devstack/settings"
ln -sfn "$NOVA_ZVM" "$DEST/nova-zvm"

if [[ "$1" == stack ]]; then
    for phase in pre-install install post-config; do
        source "$NOVA_ZVM/devstack/plugin.sh" stack "$phase"
    done
    cp "$NOVA_CONF" "$NOVA_CPU_CONF"  # start_nova_compute
    for phase in extra test-config; do
        source "$NOVA_ZVM/devstack/plugin.sh" stack "$phase"
    done
    echo "$VIRT_DRIVER $Q_ML2_PLUGIN_MECHANISM_DRIVERS $ENABLED_SERVICES"
else
    source "$NOVA_ZVM/devstack/plugin.sh" "$1" ""
fi
