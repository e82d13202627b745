# Apache as the user www-data, without root in the container: http://…:8080/
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb apache2 \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
RUN echo 'apache says hello' > /var/www/html/index.html \
 && sed -i 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i 's/:80>/:8080>/' /etc/apache2/sites-available/000-default.conf \
 && install -d -o www-data /run/apache2 /run/lock/apache2 \
 && chown -R www-data /var/log/apache2
EXPOSE 8080
USER www-data
CMD ["/usr/bin/systemctl"]
