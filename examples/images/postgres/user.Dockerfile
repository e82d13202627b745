# PostgreSQL as the user postgres, without root in the container: port 5432. The role "app" has the password that the build was given.
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
ARG PASSWORD=change-me
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb postgresql \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
# A start without a manager: one comes up for as long as there is something to manage.
RUN conf=$(echo /etc/postgresql/*/main) \
 && echo "listen_addresses = '*'" > $conf/conf.d/listen.conf \
 && echo 'host all all all scram-sha-256' >> $conf/pg_hba.conf \
 && systemctl start postgresql@$(basename $(dirname $conf))-main \
 && su postgres -c "psql -c \"CREATE ROLE app LOGIN PASSWORD '$PASSWORD'\" -c 'CREATE DATABASE app OWNER app'" \
 && systemctl stop postgresql@$(basename $(dirname $conf))-main
EXPOSE 5432
USER postgres
CMD ["/usr/bin/systemctl"]
