# etcd as the user etcd, without root in the container: port 2379
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb etcd-server etcd-client \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
RUN printf '%s\n' ETCD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379 ETCD_ADVERTISE_CLIENT_URLS=http://localhost:2379 \
 >> /etc/default/etcd
EXPOSE 2379
USER etcd
CMD ["/usr/bin/systemctl"]
