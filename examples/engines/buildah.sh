#!/bin/sh
# The image of the Dockerfile; images in OCI's format have no HEALTHCHECK. Then one more on top of it, step by step.
set -eu
buildah build --format docker -t pidone-example .

container=$(buildah from --pull-never pidone-example)
buildah copy "$container" extra.service /etc/systemd/system/
buildah run "$container" -- systemctl enable extra.service
buildah config --cmd '["/usr/bin/systemctl"]' --stop-signal SIGRTMIN+3 "$container"
buildah commit --format docker "$container" pidone-built
buildah rm "$container"
