# Debian with pidone, and python3 for Ansible's modules: what ansible.yaml begins with
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb python3 && rm /tmp/pidone.deb
CMD ["/usr/bin/systemctl"]
