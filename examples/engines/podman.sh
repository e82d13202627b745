#!/bin/sh
# `podman stop` sends SIGTERM, or what STOPSIGNAL says, and kills after 10 seconds unless told otherwise.
set -eu
podman run -d --name web --stop-timeout 30 -p 8080:8080 pidone-example
