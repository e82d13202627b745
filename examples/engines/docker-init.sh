#!/bin/sh
# Below docker-init (tini), which is PID 1. Nothing is won by it: pidone reaps what is left to it.
set -eu
docker run -d --init --name web-init --stop-timeout 30 pidone-example
