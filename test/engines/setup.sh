#!/bin/bash
# Debian's packages of the engines that these tests run.
set -euo pipefail
missing=()
have() { command -v "$1" >/dev/null || missing+=("$2"); }
have podman podman
have buildah buildah
have runc runc
have crun crun
have conmon conmon
have containerd containerd
have newuidmap uidmap
have docker-compose docker-compose
have ansible-playbook ansible
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
# Who runs podman without being root: useradd(8) gives such a user ids in /etc/subuid.
id pidone-rootless >/dev/null 2>&1 || useradd --create-home pidone-rootless
