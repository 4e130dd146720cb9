# Makes a guest's ephemeral disks (0101 to 010f) and swap disk (0110) usable. cloud-init runs it at every start, so
# that disks which a resize added or made anew are found too. What holds a file system or swap space already is kept.
devices=${ZVM_CCW_DEVICES:-/sys/bus/ccw/devices}
nodes=${ZVM_DEV:-/dev}
number=0
for last in 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10; do
    vdev=01$last
    label=ephemeral$number
    number=$((number + 1))
    command -v chzdev >/dev/null && chzdev --enable --quiet --yes dasd "$vdev" >/dev/null 2>&1
    device=$devices/0.0.$vdev
    [ -d "$device/block" ] || continue
    for name in "$device"/block/*; do disk=$nodes/${name##*/}; done
    if [ "$(cat "$device/discipline" 2>/dev/null)" = ECKD ]; then
        if [ "$(cat "$device/status" 2>/dev/null)" = unformatted ]; then
            dasdfmt -y -q -b 4096 -d cdl "$disk" || continue
        fi
        [ -e "${disk}1" ] || fdasd -s -a "$disk" || continue
    fi
    [ -e "${disk}1" ] && disk=${disk}1
    found=$(blkid -o value -s TYPE "$disk")
    if [ "$last" = 10 ]; then
        [ -n "$found" ] || mkswap -L swap "$disk" >/dev/null || continue
        swapon "$disk"
        continue
    fi
    [ -n "$found" ] || mkfs.ext4 -q -F -L "$label" "$disk" || continue
    where=${ZVM_MOUNT:-/mnt}
    [ "$label" = ephemeral0 ] || where=$where/$label
    mkdir -p "$where" && mount "$disk" "$where"
done
exit 0
