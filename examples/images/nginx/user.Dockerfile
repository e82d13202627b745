# nginx as the user www-data, without root in the container: http://…:8080/
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb nginx-light \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
RUN echo 'nginx says hello' > /var/www/html/index.html
COPY user.conf /etc/nginx/user.conf
# Debian's unit is for root: it opens port 80, and writes below /run and /var/lib/nginx.
COPY user-service.conf /etc/systemd/system/nginx.service.d/user.conf
EXPOSE 8080
USER www-data
CMD ["/usr/bin/systemctl"]
