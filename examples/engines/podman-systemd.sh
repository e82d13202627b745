#!/bin/sh
# As for systemd: tmpfs on /run, /run/lock and /tmp, $container_uuid, and SIGRTMIN+3 to stop it. Without the option podman does
# so where the command is called init or systemd, and for `systemctl` it does not.
set -eu
podman run -d --name web-systemd --systemd=always --stop-timeout 30 pidone-example
