#!/bin/sh
# An image of a container that was changed by hand. It would get the command that the container was started with.
set -eu
docker run -d --name changed pidone-example sleep infinity
docker cp extra.service changed:/etc/systemd/system/
docker exec changed systemctl enable extra.service
docker exec changed sh -c ': > /etc/machine-id'
docker commit -c 'CMD ["/usr/bin/systemctl"]' changed pidone-committed
docker rm -f changed
docker run -d --name committed --stop-timeout 30 pidone-committed
