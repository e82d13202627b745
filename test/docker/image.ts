/** The image of these tests: Debian with pidone, small inits, and units that say what they do. */
import { buildImage, debianImage } from '../support/docker.ts';

export const image = 'pidone-test/containers';

const units: Record<string, string> = {
  'steady.service': `[Unit]
Description=Says that it is ready, and that it stops
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'echo steady; systemd-notify --ready; exec sleep infinity'
ExecStop=/bin/echo stopped in order
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
  'plain.service': `[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/echo plain, too
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
  'nobody.service': `[Service]
Type=oneshot
RemainAfterExit=yes
User=nobody
ExecStart=/bin/true
`,
  'www.service': `[Service]
User=www-data
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
PrivateTmp=yes
ProtectSystem=strict
RuntimeDirectory=www
Nice=-5
OOMScoreAdjust=-500
LimitNOFILE=1000000
ExecStart=/bin/sh -c 'touch $RUNTIME_DIRECTORY/made; exec sleep infinity'
`,
  'fast.service': `[Service]
Nice=-5
IOSchedulingClass=realtime
CPUSchedulingPolicy=rr
CPUSchedulingPriority=10
LimitNICE=+10
ProtectHome=yes
ProtectKernelLogs=yes
MemoryMax=100M
ExecStart=/bin/sleep infinity
`,
  'later.service': `[Service]
ExecStart=/bin/sleep infinity
`,
};

const dockerfile = (): string => `
FROM ${debianImage('plain')}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends dumb-init catatonit s6
ADD pidone-linux-x64.tar.gz /
COPY *.service /etc/systemd/system/
COPY rc.init /
RUN chmod 755 /rc.init && systemctl enable steady.service plain.service && mkdir /scan
CMD ["/usr/bin/systemctl"]
`;

/** Waits for s6 as s6-overlay does, then runs the command of the container. */
const rcInit = '#!/bin/sh\nuntil grep -q s6-svscan /proc/1/comm; do sleep 0.01; done\n"$@"\n';

export const makeImage = (): Promise<void> => buildImage(image, dockerfile(), { ...units, 'rc.init': rcInit });
