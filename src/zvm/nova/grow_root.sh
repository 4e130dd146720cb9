# Lets the root partition take up its whole minidisk, which is larger than the image. cloud-init runs it at every
# start, so that a resize is followed; cloud-init itself then grows the file system (module resizefs). Partitions of a
# DASD are no matter for its module growpart, which knows other partition tables only.
devices=${ZVM_CCW_DEVICES:-/sys/bus/ccw/devices}
nodes=${ZVM_DEV:-/dev}
root=$(findmnt -n -o SOURCE /) || exit 0
for device in "$devices"/0.0.*; do
    [ -d "$device/block" ] || continue
    for name in "$device"/block/*; do disk=$nodes/${name##*/}; done
    number=${root#"$disk"}
    case $number in '' | *[!0-9]*) continue ;; esac
    # The last partition only: behind another one there is no room.
    [ -e "$disk$((number + 1))" ] && exit 0
    echo Yes | parted ---pretend-input-tty "$disk" resizepart "$number" 100%
done
exit 0
