# Redis as the user redis, without root in the container: port 6379
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb redis-server \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
RUN sed -i -e 's/^bind .*/bind * -::*/' -e 's/^protected-mode yes/protected-mode no/' /etc/redis/redis.conf
EXPOSE 6379
USER redis
CMD ["/usr/bin/systemctl"]
