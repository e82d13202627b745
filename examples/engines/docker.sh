#!/bin/sh
# The image, and a container of it.
set -eu
docker build -t pidone-example .
docker run -d --name web --stop-timeout 30 -p 8080:8080 pidone-example
